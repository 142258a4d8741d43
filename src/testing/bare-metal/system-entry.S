// Start-up, vectors and the switch to a lower level for the system-register and exception programs (system-cases.c).
// Everything runs with the MMU off. `run_at` starts code at a level; the next exception that reaches EL2 ends it and fills `outcome`.

        .arch armv8-a+crc
        .text
        .globl _start, run_at, power_off, outcome
_start: adr x0, el2_vectors
        msr vbar_el2, x0
        ldr x0, =stack_top
        mov sp, x0
        bl main
power_off:
        mov w0, #0x84000000
        add w0, w0, #8
        smc #0
        b .

// void run_at(u64 spsr, void *code, u64 x0, void *done): X0 and X30 of the code are x0 and done.
run_at: stp x19, x20, [sp, #-96]!
        stp x21, x22, [sp, #16]
        stp x23, x24, [sp, #32]
        stp x25, x26, [sp, #48]
        stp x27, x28, [sp, #64]
        stp x29, x30, [sp, #80]
        ldr x9, =saved_sp
        mov x10, sp
        str x10, [x9]
        adr x9, el1_vectors
        msr vbar_el1, x9
        ldr x9, =el1_stack_top
        msr sp_el1, x9
        ldr x9, =el0_stack_top
        msr sp_el0, x9
        msr elr_el2, x1
        msr spsr_el2, x0
        mov x9, #0x1111
        msr esr_el1, x9
        msr far_el1, x9
        msr spsr_el1, xzr
        msr elr_el1, x9
        msr esr_el2, x9
        msr far_el2, x9
        mov x0, x2
        mov x30, x3
        eret

// x18: vector offset of EL2. Stores outcome and goes back to the caller of run_at.
finish: msr spsel, #1
        ldr x17, =outcome
        str x18, [x17]
        mrs x16, esr_el2
        str x16, [x17, #8]
        mrs x16, elr_el2
        str x16, [x17, #16]
        mrs x16, spsr_el2
        str x16, [x17, #24]
        mrs x16, far_el2
        str x16, [x17, #32]
        str x19, [x17, #40]
        mrs x16, esr_el1
        str x16, [x17, #48]
        mrs x16, elr_el1
        str x16, [x17, #56]
        mrs x16, spsr_el1
        str x16, [x17, #64]
        mrs x16, far_el1
        str x16, [x17, #72]
        str x0, [x17, #80]
        ldr x9, =saved_sp
        ldr x9, [x9]
        mov sp, x9
        ldp x21, x22, [sp, #16]
        ldp x23, x24, [sp, #32]
        ldp x25, x26, [sp, #48]
        ldp x27, x28, [sp, #64]
        ldp x29, x30, [sp, #80]
        ldp x19, x20, [sp], #96
        ret

        .balign 0x800
el2_vectors:
        .set offset, 0
        .rept 16
        mov x18, #offset
        b finish
        .balign 0x80
        .set offset, offset + 0x80
        .endr

        .balign 0x800
el1_vectors:
        .set offset, 0
        .rept 16
        mov x19, #offset
        hvc #0xe
        .balign 0x80
        .set offset, offset + 0x80
        .endr

        .globl done_by_hvc, done_by_svc
done_by_hvc: hvc #0xd
done_by_svc: svc #0xd

        .bss
        .balign 64
        .globl scratch
scratch: .space 4096
saved_sp: .space 16
outcome: .space 128
        .space 16384
stack_top:
        .space 4096
el1_stack_top:
        .space 4096
el0_stack_top:
