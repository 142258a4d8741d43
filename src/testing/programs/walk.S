// Walks a chain of pointers that visits every 64-byte line of 64 MiB in a scattered order, three times; a program for the guests' Linux.
// A line's successor is given by a linear congruence of full period, so no random source is needed.
// The ELF file is written out by hand: with one header each it is so small that it can be typed.
        .equ    BASE, 0x400000
        .equ    LINES, 1 << 20
        .equ    STEP, 0x5851f42d        // 1 modulo 4: with an odd increment the period is full
        .equ    INCREMENT, 0x3039
        .equ    ROUNDS, 3

elf:    .byte   0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0
        .quad   0
        .hword  2, 183                  // an executable for AArch64
        .word   1
        .quad   BASE + start - elf
        .quad   program - elf
        .quad   0
        .word   0
        .hword  64, 56, 1, 64, 0, 0
program:
        .word   1, 5                    // load, read and execute
        .quad   0, BASE, BASE, end - elf, end - elf, 0x1000

start:  mov     x0, #0                  // mmap(0, 64 MiB, READ | WRITE, PRIVATE | ANONYMOUS, -1, 0)
        mov     x1, #(LINES << 6)
        mov     x2, #3
        mov     x3, #0x22
        mov     x4, #-1
        mov     x5, #0
        mov     x8, #222
        svc     #0
        mov     x19, x0
        mov     w20, #(STEP & 0xffff)
        movk    w20, #(STEP >> 16), lsl #16
        mov     w26, #INCREMENT
        mov     w21, #0                 // a line
        mov     x23, #LINES
fill:   madd    w22, w21, w20, w26      // the line after it
        and     w22, w22, #(LINES - 1)
        add     x24, x19, x21, lsl #6
        add     x25, x19, x22, lsl #6
        str     x25, [x24]
        mov     w21, w22
        subs    x23, x23, #1
        b.ne    fill
        mov     x23, #(LINES * ROUNDS)
        mov     x24, x19
walk:   ldr     x24, [x24]
        subs    x23, x23, #1
        b.ne    walk
        cmp     x24, x19                // whole periods end where they began: else it exits with 1
        cset    w0, ne
        mov     x8, #93
        svc     #0
end:
