/*
 * Runs one A64 instruction at a time on given registers. Built static and run under qemu-aarch64 by user-oracle.ts.
 *
 * Input, little endian: batches of { u32 instruction, u32 count } and `count` cases. Output: one result for each case.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct state {
    uint64_t v[4][2];
    uint64_t x[3];
    uint64_t nzcv, fpcr, fpsr;
};

static void run(void *code, struct state *s)
{
    register struct state *state asm("x19") = s;
    register void *target asm("x20") = code;
    asm volatile("ldp q0, q1, [x19]\n\t"
                 "ldp q2, q3, [x19, #32]\n\t"
                 "ldp x0, x1, [x19, #64]\n\t"
                 "ldr x2, [x19, #80]\n\t"
                 "ldr x3, [x19, #88]\n\t"
                 "msr nzcv, x3\n\t"
                 "ldr x3, [x19, #96]\n\t"
                 "msr fpcr, x3\n\t"
                 "ldr x3, [x19, #104]\n\t"
                 "msr fpsr, x3\n\t"
                 "blr x20\n\t"
                 "mrs x3, nzcv\n\t"
                 "str x3, [x19, #88]\n\t"
                 "mrs x3, fpsr\n\t"
                 "str x3, [x19, #104]\n\t"
                 "stp q0, q1, [x19]\n\t"
                 "stp q2, q3, [x19, #32]\n\t"
                 "stp x0, x1, [x19, #64]\n\t"
                 "str x2, [x19, #80]\n\t"
                 "msr fpcr, xzr\n\t"
                 : : "r"(state), "r"(target)
                 : "x0", "x1", "x2", "x3", "x30", "v0", "v1", "v2", "v3", "cc", "memory");
}

int main(void)
{
    uint32_t *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint32_t head[2];
    if (code == MAP_FAILED)
        return 1;
    while (fread(head, sizeof head, 1, stdin) == 1) {
        code[0] = head[0];
        code[1] = 0xd65f03c0;
        __builtin___clear_cache((char *)code, (char *)(code + 2));
        for (uint32_t i = 0; i < head[1]; i++) {
            struct state s;
            if (fread(&s, sizeof s, 1, stdin) != 1)
                return 2;
            run(code, &s);
            fwrite(&s, sizeof s, 1, stdout);
        }
    }
    return 0;
}
