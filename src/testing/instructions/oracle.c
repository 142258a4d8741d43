/*
 * Runs A64 code on given registers and memory under qemu-aarch64. Built static by oracle.ts, whose layout this is.
 *
 * Every case ends by a signal (BRK behind the code, or whatever the code did). The handler writes the interrupted context out and puts the next
 * case's context in its place, so that all registers are under control.
 *
 * Input, little endian: the bytes of CODE, then cases. Output: one case for each, followed by the memory of those that ask for it.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* Branches may lead anywhere in the sea, where every word is 0 (UDF). */
#define SEA 0x10000000UL
#define SEA_SIZE 0x20000000UL
#define CODE 0x20000000UL
#define CODE_SIZE 0x40000UL
/* Across the end of a page. */
#define DATA 0x50000c00UL
#define DATA_WORDS 256

struct state {
    uint64_t x[31], sp;
    uint64_t v[32][2];
    uint64_t nzcv, fpcr, fpsr, tpidr, pc;
    /* In: 1 when memory counts. Out: the signal. */
    uint64_t stop;
    uint64_t seed;
};

static struct state state;
static uint64_t own_tpidr;
static int started, has_memory;
static uint64_t *const memory = (uint64_t *)DATA;

static struct fpsimd_context *vectors(mcontext_t *m)
{
    struct _aarch64_ctx *head = (void *)m->__reserved;
    while (head->magic != FPSIMD_MAGIC)
        head = (void *)((char *)head + head->size);
    return (void *)head;
}

static void put_out(int signal, mcontext_t *m, uint64_t tpidr)
{
    struct fpsimd_context *fp = vectors(m);
    memcpy(state.x, m->regs, sizeof state.x);
    memcpy(state.v, fp->vregs, sizeof state.v);
    state.sp = m->sp;
    state.nzcv = m->pstate & 0xf0000000;
    state.fpcr = fp->fpcr;
    state.fpsr = fp->fpsr;
    state.tpidr = tpidr;
    state.pc = m->pc;
    state.stop = signal;
    fwrite(&state, sizeof state, 1, stdout);
    if (has_memory)
        fwrite(memory, 8, DATA_WORDS, stdout);
}

/* splitmix64 */
static void fill(uint64_t seed)
{
    for (int i = 0; i < DATA_WORDS; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        memory[i] = z ^ z >> 31;
    }
}

static void take_in(mcontext_t *m)
{
    struct fpsimd_context *fp = vectors(m);
    if (fread(&state, sizeof state, 1, stdin) != 1) {
        fflush(stdout);
        _exit(0);
    }
    has_memory = state.stop;
    if (has_memory)
        fill(state.seed);
    memcpy(m->regs, state.x, sizeof state.x);
    memcpy(fp->vregs, state.v, sizeof state.v);
    m->sp = state.sp;
    m->pstate = state.nzcv;
    fp->fpcr = state.fpcr;
    fp->fpsr = state.fpsr;
    m->pc = state.pc;
}

static void handler(int signal, siginfo_t *info, void *context)
{
    uint64_t tpidr;
    mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
    asm volatile("mrs %0, tpidr_el0\n\tmsr tpidr_el0, %1" : "=&r"(tpidr) : "r"(own_tpidr) : "memory");
    if (started)
        put_out(signal, m, tpidr);
    started = 1;
    take_in(m);
    asm volatile("msr tpidr_el0, %0" : : "r"(state.tpidr) : "memory");
}

static int map(uintptr_t at, size_t size)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    return mmap((void *)at, size, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0) != MAP_FAILED;
}

int main(void)
{
    static char stack[1 << 16], in[1 << 20], out[1 << 20];
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    asm("mrs %0, tpidr_el0" : "=r"(own_tpidr));
    setvbuf(stdin, in, _IOFBF, sizeof in);
    setvbuf(stdout, out, _IOFBF, sizeof out);
    if (!map(SEA, SEA_SIZE) || !map(DATA & ~0xfffUL, 0x2000))
        return 1;
    if (fread((void *)CODE, CODE_SIZE, 1, stdin) != 1)
        return 2;
    __builtin___clear_cache((char *)CODE, (char *)CODE + CODE_SIZE);
    sigaltstack(&alternate, 0);
    sigaction(SIGTRAP, &action, 0);
    sigaction(SIGILL, &action, 0);
    sigaction(SIGSEGV, &action, 0);
    sigaction(SIGBUS, &action, 0);
    asm volatile("brk #0");
    return 3;
}
