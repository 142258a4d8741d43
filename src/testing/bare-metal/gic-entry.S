// What gic-cases.c needs beside system-entry.S.
        .text
        .globl secondary_entry, read_isr
secondary_entry:
        ldr x0, =secondary_stack_top
        mov sp, x0
        b secondary
read_isr:
        mrs x0, isr_el1
        ret

        .bss
        .balign 64
        .space 4096
secondary_stack_top:
