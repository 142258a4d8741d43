// Counts at EL2 until a performance counter overflows and its interrupt (SPI 143, INTID 175) comes. What is counted the test writes
// into the registers while CPU 0 is at `ready`; X19 is the PMCR_EL0 that starts it.
        .text
_start: adr x0, vectors
        msr vbar_el2, x0
        mov x0, #0x10
        orr x0, x0, #0x80000000
        msr hcr_el2, x0
        // Distributor: SPI 143 enabled, highest priority, to CPU 0; CPU interface on.
        mov x1, #0xf9010000
        mov w0, #1
        str w0, [x1]
        mov w0, #0x8000
        str w0, [x1, #0x114]
        mov w0, #1
        strb w0, [x1, #0x8af]
        mov x1, #0xf9020000
        mov w0, #0xf0
        str w0, [x1, #4]
        mov w0, #1
        str w0, [x1]
        msr daifclr, #2
        // The address of `ready` is in X20.
        adr x20, ready
ready:  nop
        msr pmcr_el0, x19
count:  add x0, x0, #1
        eor x2, x2, x0
        b count

        .balign 0x800
vectors:
        .space 0x280
        // IRQ: acknowledged, the overflow flags in X21, then cleared.
        mov x1, #0xf9020000
        ldr w22, [x1, #0xc]
        mrs x21, pmovsset_el0
        msr pmovsclr_el0, x21
        str w22, [x1, #0x10]
        eret
