// What random code runs under: sets the machine up at EL2, starts one sequence after another from its descriptor, notes every exception, and stores what each
// sequence has left in the registers. Addresses come from layout.ts as symbols; nothing here needs linking.
        .equ    FRAME_COUNT, 256        // exceptions of this sequence
        .equ    FRAME_SEQUENCE, 264
        .equ    FRAME_LOG, 272          // where the next exception is noted
        .equ    FRAME_DELTA, 280        // ticks between interrupts
        .equ    FRAME_FLAGS, 288        // bit 0: tables and TLBs are made anew first; bit 1: interrupts raise virtual ones; bit 2: debug registers are loaded
        .equ    MOST_EXCEPTIONS, 8
        .equ    GICD, 0xf9010000
        .equ    GICC, 0xf9020000

// Registers `first` to `last` + 1 from or to where `base` has register 0.
        .macro  pair op, kind, base, n, next, at
        \op     \kind\n, \kind\next, [\base, #\at]
        .endm
        .macro  pairs op, kind, base, first, last
        .altmacro
        .set    .Ln, \first
        .rept   (\last - \first) / 2 + 1
        .ifc    \kind, q
        pair    \op, \kind, \base, %.Ln, %(.Ln + 1), %(16 * .Ln)
        .else
        pair    \op, \kind, \base, %.Ln, %(.Ln + 1), %(8 * .Ln)
        .endif
        .set    .Ln, .Ln + 2
        .endr
        .noaltmacro
        .endm

start:  ldr     x0, =EL2_TABLE
        msr     ttbr0_el2, x0
        ldr     x0, =0x80823520
        msr     tcr_el2, x0
        ldr     x0, =0x4400ff
        msr     mair_el2, x0
        adr     x0, vectors
        msr     vbar_el2, x0
        tlbi    alle2
        tlbi    alle1
        dsb     sy
        isb
        ldr     x0, =0x30c51835
        msr     sctlr_el2, x0
        isb
        msr     oslar_el1, xzr          // no debug exceptions while the OS lock is held, as it is after a reset
        ldr     x1, =GICD
        mov     w0, #1
        str     w0, [x1]
        mov     w0, #(1 << 26)          // the EL2 timer
        str     w0, [x1, #0x100]
        ldr     x1, =GICC
        mov     w0, #0xff
        str     w0, [x1, #4]
        mov     w0, #1
        str     w0, [x1]
        ldr     x30, =FRAME
        b       launch

// A sequence that loops with interrupts masked is sent here.
        .balign 0x400
abort:  ldr     x30, =FRAME
        mrs     x2, elr_el2
        mrs     x3, spsr_el2
        b       finish
        .ltorg

        .macro  vector n
        .balign 0x80
        msr     tpidr_el2, x30
        ldr     x30, =FRAME
        stp     x28, x29, [x30, #224]
        mov     x29, #\n
        b       taken
        .endm
        .balign 0x800
vectors:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vector  \n
        .endr

        .balign 0x80
taken:  pairs   stp, x, x30, 0, 26
        mrs     x0, tpidr_el2
        str     x0, [x30, #240]
        mrs     x1, esr_el2
        mrs     x2, elr_el2
        mrs     x3, spsr_el2
        mrs     x4, far_el2
        mrs     x5, hpfar_el2
        mrs     x6, esr_el1
        mrs     x7, elr_el1
        ldr     x10, [x30, #FRAME_LOG]
        ldr     x11, =LOG
        add     x11, x11, x10
        stp     x1, x2, [x11]
        stp     x3, x4, [x11, #16]
        stp     x5, x29, [x11, #32]
        stp     x6, x7, [x11, #48]
        add     x10, x10, #64
        and     x10, x10, #(LOG_SIZE - 1)
        str     x10, [x30, #FRAME_LOG]
        ldr     x12, [x30, #FRAME_COUNT]
        add     x12, x12, #1
        str     x12, [x30, #FRAME_COUNT]
        cmp     x12, #MOST_EXCEPTIONS
        b.hi    finish
        and     x13, x29, #3
        cmp     x13, #1
        b.eq    interrupt
        cbnz    x13, resume
        ubfx    x13, x1, #26, #6
        cmp     x13, #0x16
        b.ne    classify

// The vectors of EL1 are HVC #(0x100 + n): what happened there is taken care of here.
        and     x14, x1, #0xffff
        sub     x15, x14, #0x100
        cmp     x15, #16
        b.hs    resume
        mrs     x1, esr_el1
        mrs     x2, elr_el1
        mrs     x3, spsr_el1
        and     x13, x15, #3
        cmp     x13, #1
        b.eq    virtual
        ubfx    x13, x1, #26, #6
classify:
        cmp     x13, #0x15              // SVC: #0x7777 ends a sequence
        b.ne    1f
        and     x14, x1, #0xffff
        mov     x15, #0x7777
        cmp     x14, x15
        b.eq    finish
        b       resume
1:      sub     x14, x13, #0x32         // a software step: the next one
        cmp     x14, #1
        orr     x14, x3, #(1 << 21)
        csel    x3, x14, x3, ls
        b.ls    resume
        ldr     x14, =0x1033107001800083 // traps, data aborts, SP alignment, floating point, breakpoints, BRK: the instruction is skipped
        lsr     x14, x14, x13
        tbz     x14, #0, finish
        add     x2, x2, #4
resume: msr     elr_el2, x2
        msr     spsr_el2, x3
        ldp     x0, x1, [x30]
        ldp     x2, x3, [x30, #16]
        b       restore
virtual:
        mrs     x6, hcr_el2
        bic     x6, x6, #0x80
        msr     hcr_el2, x6
        b       resume
interrupt:
        ldr     x8, [x30, #FRAME_DELTA]
        msr     cnthp_tval_el2, x8
        ldr     x6, =GICC
        ldr     w7, [x6, #0xc]
        str     w7, [x6, #0x10]
        ldr     x9, [x30, #FRAME_FLAGS]
        tbz     x9, #1, resume
        mrs     x6, hcr_el2
        orr     x6, x6, #0x80
        msr     hcr_el2, x6
        b       resume

finish: mov     x6, #0x33ff
        msr     cptr_el2, x6
        isb
        ldr     x20, [x30, #FRAME_SEQUENCE]
        ldr     x21, =RESULTS
        add     x21, x21, x20, lsl #10
        add     x22, x21, #512
        pairs   stp, q, x22, 0, 30
        mov     x23, #0
1:      add     x24, x30, x23
        add     x25, x21, x23
        ldp     q0, q1, [x24]
        stp     q0, q1, [x25]
        add     x23, x23, #32
        cmp     x23, #256
        b.ne    1b
        stp     x2, x3, [x21, #256]
        mrs     x6, sp_el0
        mrs     x7, sp_el1
        stp     x6, x7, [x21, #272]
        mrs     x6, esr_el1
        mrs     x7, far_el1
        stp     x6, x7, [x21, #288]
        mrs     x6, elr_el1
        mrs     x7, spsr_el1
        stp     x6, x7, [x21, #304]
        mrs     x6, fpcr
        mrs     x7, fpsr
        stp     x6, x7, [x21, #320]
        mrs     x6, par_el1
        mrs     x7, hcr_el2
        stp     x6, x7, [x21, #336]
        mov     x6, sp
        mrs     x7, tpidr_el0
        stp     x6, x7, [x21, #352]
        mrs     x6, tpidr_el1
        mrs     x7, contextidr_el1
        stp     x6, x7, [x21, #368]
        mrs     x6, sctlr_el1
        mrs     x7, tcr_el1
        stp     x6, x7, [x21, #384]
        mrs     x6, cntpct_el0
        ldr     x7, [x30, #FRAME_COUNT]
        stp     x6, x7, [x21, #400]
        add     x20, x20, #1
        str     x20, [x30, #FRAME_SEQUENCE]
        ldr     x6, =SEQUENCES
        cmp     x20, x6
        b.ne    launch
        msr     cnthp_ctl_el2, xzr
1:      wfi
        b       1b

launch: ldr     x20, [x30, #FRAME_SEQUENCE]
        ldr     x21, =DESCRIPTORS
        add     x21, x21, x20, lsl #9
        str     xzr, [x30, #FRAME_COUNT]
        ldr     x8, [x21, #336]
        str     x8, [x30, #FRAME_DELTA]
        ldr     x9, [x21, #344]
        str     x9, [x30, #FRAME_FLAGS]
        tbz     x9, #0, 2f
        ldr     x0, =WINDOW_TABLES
        ldr     x1, =WINDOW_TEMPLATES
        mov     x2, #0
1:      ldr     x3, [x1, x2]
        str     x3, [x0, x2]
        add     x4, x2, #4096
        ldr     x3, [x1, x4]
        str     x3, [x0, x4]
        add     x2, x2, #8
        cmp     x2, #256
        b.ne    1b
        dsb     sy
        tlbi    alle1
        dsb     sy
2:      ldr     x0, [x21, #288]
        msr     cpacr_el1, x0
        ldr     x0, [x21, #304]
        msr     hcr_el2, x0
        ldr     x0, [x21, #312]
        msr     sctlr_el1, x0
        ldr     x0, [x21, #320]
        msr     ttbr0_el1, x0
        ldr     x0, [x21, #328]
        msr     vttbr_el2, x0
        ldr     x0, =0x200a03520
        msr     tcr_el1, x0
        ldr     x0, =0x80023560
        msr     vtcr_el2, x0
        ldr     x0, =0x4400ff
        msr     mair_el1, x0
        ldr     x0, =EL1_VECTORS
        msr     vbar_el1, x0
        msr     ttbr1_el1, xzr
        msr     contextidr_el1, xzr
        tbz     x9, #2, 3f
        msr     mdscr_el1, xzr
        ldp     x0, x1, [x21, #360]
        msr     dbgbvr0_el1, x0
        msr     dbgbcr0_el1, x1
        ldp     x0, x1, [x21, #376]
        msr     dbgwvr0_el1, x0
        msr     dbgwcr0_el1, x1
        ldp     x0, x1, [x21, #392]
        msr     mdcr_el2, x1
        msr     mdscr_el1, x0
3:
        msr     hstr_el2, xzr
        msr     cntv_ctl_el0, xzr
        msr     cntp_ctl_el0, xzr
        mov     x0, #3
        msr     cntkctl_el1, x0
        msr     cnthctl_el2, x0
        ldr     x22, [x21, #352]
        ldr     x23, =POOL
        add     x22, x22, x23
        pairs   ldp, q, x22, 0, 30
        ldr     x0, [x21, #272]
        msr     fpcr, x0
        ldr     x0, [x21, #280]
        msr     fpsr, x0
        ldr     x0, [x21, #296]
        msr     cptr_el2, x0
        ldr     x0, [x21, #248]
        msr     sp_el0, x0
        msr     sp_el1, x0
        mov     sp, x0
        ldr     x0, [x21, #256]
        msr     elr_el2, x0
        ldr     x0, [x21, #264]
        msr     spsr_el2, x0
        msr     cnthp_tval_el2, x8
        mov     x0, #1
        msr     cnthp_ctl_el2, x0
        isb
        mov     x30, x21
        ldp     x0, x1, [x30]
        ldp     x2, x3, [x30, #16]
restore:
        pairs   ldp, x, x30, 4, 28
        ldr     x30, [x30, #240]
        eret
        .ltorg

        .balign 0x800
el1_vectors:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        .balign 0x80
        hvc     #(0x100 + \n)
        .endr
