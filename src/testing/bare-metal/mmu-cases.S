// Runs translation cases that are appended as data (see mmu-cases.ts for the record layout) and prints one line for each on UART0.
// Runs at EL2 with the EL2 MMU off, except around the EL2 translations. x19-x29 are ours; guest code uses x0-x3 only.

        .arch armv8-a
        .text
        .balign 0x10000
        .globl _start
_start: b main

// Guest code page: copied nowhere, mapped through the case's own tables. x0: address, x1: 0 load, 1 store, 2 branch.
        .balign 0x800
el1_vectors:
        .rept 16
        hvc #3
        .balign 0x80
        .endr
el1_code:
        cbnz x1, 1f
        ldr x3, [x0]
        hvc #1
1:      cmp x1, #1
        b.ne 2f
        str xzr, [x0]
        hvc #1
2:      br x0

        .balign 0x10000
el0_code:
        cbnz x1, 1f
        ldr x3, [x0]
        svc #1
1:      cmp x1, #1
        b.ne 2f
        str xzr, [x0]
        svc #1
2:      br x0

        .balign 0x10000
el2_vectors:
        .rept 16
        b trap
        .balign 0x80
        .endr

// Back in the loop after a guest run: the continuation is in x29.
trap:   br x29

putc:   ldr w3, [x27, #0x2c]
        tbnz w3, #4, putc
        str w0, [x27, #0x30]
        ret

// Prints x0 in hexadecimal and a space. Clobbers x0-x6.
puthex: mov x5, x30
        mov x4, x0
        cbz x4, 2f
        clz x6, x4
        and x6, x6, #60
        lsl x4, x4, x6
        b 1f
2:      mov x6, #60
1:      lsr x0, x4, #60
        cmp x0, #10
        add x1, x0, #'0'
        add x2, x0, #'a' - 10
        csel x0, x1, x2, lo
        bl putc
        lsl x4, x4, #4
        add x6, x6, #4
        cmp x6, #64
        b.lo 1b
        mov x0, #' '
        bl putc
        br x5

flush:  dsb sy
        tlbi alle1
        tlbi alle2
        ic iallu
        dsb sy
        isb
        ret

// Loads register \reg from word \n of the record at x19.
        .macro from_record reg, n
        ldr x0, [x19, #8 * \n]
        msr \reg, x0
        .endm

        .macro translate op
        ldr x0, [x19, #8 * 8]
        at \op, x0
        isb
        mrs x0, par_el1
        bl puthex
        .endm

main:   mov x27, #0xff000000
        mov w0, #0x14
        str w0, [x27]
        adr x0, el2_vectors
        msr vbar_el2, x0
        mov x0, #0x33ff
        msr cptr_el2, x0
        ldr x19, =cases
next:   ldr x0, [x19]
        cmp x0, #2
        b.hi finished
        ldr x20, [x19, #8 * 12]
        add x21, x19, #8 * 13
        mov x22, x21
        mov x23, x20
poke:   cbz x23, poked
        ldp x0, x1, [x22], #16
        str x1, [x0]
        sub x23, x23, #1
        b poke
poked:  ldr x0, [x19]
        cmp x0, #2
        b.eq el2_case

        from_record hcr_el2, 1
        from_record sctlr_el1, 2
        from_record tcr_el1, 3
        from_record ttbr0_el1, 4
        from_record ttbr1_el1, 5
        from_record mair_el1, 6
        from_record vtcr_el2, 7
        ldr x0, [x19, #8 * 11]
        msr vttbr_el2, x0
        bl flush
        translate s1e1r
        translate s1e1w
        translate s1e0r
        translate s1e0w
        translate s12e1r
        translate s12e1w
        translate s12e0r
        translate s12e0w
        // EL1 code page at word 9, EL0 code page at word 10.
        ldr x0, [x19, #8 * 9]
        msr vbar_el1, x0
        mov x28, #0
run:    ldr x0, [x19, #8 * 9]
        adr x2, el1_code
        adr x3, el1_vectors
        sub x2, x2, x3
        add x2, x0, x2
        mov x3, #0x3c5
        mov x1, x28
        cmp x28, #3
        b.lo 1f
        sub x1, x28, #3
        mov x3, #0x3c0
        ldr x2, [x19, #8 * 10]
1:      msr elr_el2, x2
        msr spsr_el2, x3
        ldr x0, [x19, #8 * 8]
        adr x29, ran
        isb
        eret
ran:    mrs x0, esr_el2
        bl puthex
        mrs x0, far_el2
        bl puthex
        mrs x0, hpfar_el2
        bl puthex
        mrs x0, esr_el1
        bl puthex
        mrs x0, far_el1
        bl puthex
        add x28, x28, #1
        cmp x28, #6
        b.lo run
        b done

el2_case:
        from_record tcr_el2, 3
        from_record ttbr0_el2, 4
        from_record mair_el2, 6
        ldr x0, [x19, #8 * 2]
        ldr x1, [x19, #8 * 8]
        mrs x7, sctlr_el2
        bl flush
        msr sctlr_el2, x0
        isb
        at s1e2r, x1
        isb
        mrs x8, par_el1
        at s1e2w, x1
        isb
        mrs x9, par_el1
        msr sctlr_el2, x7
        isb
        mov x0, x8
        bl puthex
        mov x0, x9
        bl puthex

done:   mov x0, #'\n'
        bl putc
        // Take the tables away again.
        mov x22, x21
        mov x23, x20
unpoke: cbz x23, unpoked
        ldr x0, [x22], #16
        str xzr, [x0]
        sub x23, x23, #1
        b unpoke
unpoked:
        add x19, x21, x20, lsl #4
        b next

finished:
        mov x0, #'E'
        bl putc
        mov x0, #'\n'
        bl putc
        movz x0, #0x8400, lsl #16
        movk x0, #8
        smc #0
        b .

        .ltorg
        .balign 8
cases:
        .incbin "cases.bin"
