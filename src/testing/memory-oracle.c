/*
 * Runs one A64 load or store at a time on given registers and memory. Built static and run under qemu-aarch64 by memory-oracle.ts.
 *
 * Input: cases, little endian. Output: one state for each. The instruction stands at CODE + 2048 in a page of known bytes; `memory` is
 * placed across the end of a page at DATA.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define CODE 0x10200000
#define DATA 0x20000e00

struct state {
    uint64_t v[32][2];
    uint64_t x[16];
    uint64_t nzcv, word;
    uint8_t memory[1024];
};

void run(struct state *state, void *code);

asm(".global run\n"
    "run:\n\t"
    "stp x29, x30, [sp, #-176]!\n\t"
    "stp x19, x20, [sp, #16]\n\t"
    "stp d8, d9, [sp, #32]\n\t"
    "stp d10, d11, [sp, #48]\n\t"
    "stp d12, d13, [sp, #64]\n\t"
    "stp d14, d15, [sp, #80]\n\t"
    "stp x21, x22, [sp, #96]\n\t"
    "mov x19, x0\n\t"
    "mov x20, x1\n\t"
    "add x21, x0, #512\n\t"
    ".irp n, 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30\n\t"
    "add x22, x19, #16 * \\n\n\t"
    "ld1 {v\\n\\().2d}, [x22]\n\t"
    ".endr\n\t"
    ".irp n, 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31\n\t"
    "add x22, x19, #16 * \\n\n\t"
    "ld1 {v\\n\\().2d}, [x22]\n\t"
    ".endr\n\t"
    "ldr x0, [x21, #128]\n\t"
    "msr nzcv, x0\n\t"
    "clrex\n\t"
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t"
    "ldr x\\n, [x21, #8 * \\n]\n\t"
    ".endr\n\t"
    "blr x20\n\t"
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t"
    "str x\\n, [x21, #8 * \\n]\n\t"
    ".endr\n\t"
    "mrs x0, nzcv\n\t"
    "str x0, [x21, #128]\n\t"
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
    "add x22, x19, #16 * \\n\n\t"
    "st1 {v\\n\\().2d}, [x22]\n\t"
    ".endr\n\t"
    "ldp x19, x20, [sp, #16]\n\t"
    "ldp d8, d9, [sp, #32]\n\t"
    "ldp d10, d11, [sp, #48]\n\t"
    "ldp d12, d13, [sp, #64]\n\t"
    "ldp d14, d15, [sp, #80]\n\t"
    "ldp x21, x22, [sp, #96]\n\t"
    "ldp x29, x30, [sp], #176\n\t"
    "ret\n");

static void *map(uintptr_t at, size_t size)
{
    return mmap((void *)at, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

int main(void)
{
    static struct state s;
    uint8_t *page = map(CODE, 4096);
    uint8_t *data = map(DATA & ~0xfffUL, 8192);
    uint32_t *code = (uint32_t *)(page + 2048);
    if (page == MAP_FAILED || data == MAP_FAILED)
        return 1;
    data += DATA & 0xfff;
    for (int i = 0; i < 4096; i++)
        page[i] = i * 7 + (i >> 8);
    while (fread(&s, sizeof s, 1, stdin) == 1) {
        code[0] = s.word;
        code[1] = 0xd65f03c0;
        __builtin___clear_cache((char *)code, (char *)(code + 2));
        memcpy(data, s.memory, sizeof s.memory);
        run(&s, code);
        memcpy(s.memory, data, sizeof s.memory);
        fwrite(&s, sizeof s, 1, stdout);
    }
    return 0;
}
