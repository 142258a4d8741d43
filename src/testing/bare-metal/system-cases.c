/* Tries every system register and instruction, and every way into and out of an exception, under each trap control, and prints what came of it. */
typedef unsigned long u64;
typedef unsigned int u32;

struct config {
  const char *name;
  void (*apply)(void);
  /* Levels to try at, one bit each. */
  u64 levels;
};
struct stub {
  const char *name;
  void *code;
  /* For a register access, the instruction word; 0: print everything. */
  u64 word;
  u64 argument;
  u64 levels;
  u64 shows_x0;
};
struct outcome {
  u64 vector2, esr2, elr2, spsr2, far2, vector1, esr1, elr1, spsr1, far1, x0;
};

extern const struct config configs[];
extern const u64 config_count;
extern const struct stub accesses[], actions[];
extern const u64 access_count, action_count;
/* First and last instruction word (Rt = X0) of the encodings to sweep; nothing when they are equal. */
extern const u64 sweep_first, sweep_end;
extern volatile struct outcome outcome;
extern char scratch[];
void base_config(void);
void run_at(u64 spsr, void *code, u64 x0, void *done);
void done_by_hvc(void);
void done_by_svc(void);

#define UART 0xff000000UL

static void put(char c) {
  while (*(volatile u32 *)(UART + 0x2c) & 0x10) {
  }
  *(volatile u32 *)(UART + 0x30) = c;
}
static void text(const char *s) {
  while (*s) put(*s++);
}
static void hex(u64 v) {
  int shift = 60;
  while (shift && !(v >> shift)) shift -= 4;
  for (; shift >= 0; shift -= 4) put("0123456789abcdef"[(v >> shift) & 15]);
}

static const u64 modes[] = {0x3c0, 0x3c5, 0x3c9};

static void run(u64 el, void *code, u64 x0) {
  run_at(modes[el], code, x0, el == 1 ? (void *)done_by_hvc : (void *)done_by_svc);
}

#define HVC_DONE 0x5a00000dUL
#define HVC_EL1 0x5a00000eUL
#define SVC_DONE 0x5600000dUL

static int completed(void) {
  if (outcome.esr2 == HVC_EL1) return outcome.esr1 == SVC_DONE;
  return outcome.esr2 == HVC_DONE || outcome.esr2 == SVC_DONE;
}

/* ESR of a trapped MRS, MSR or SYS, from the instruction word: EC 0x18. */
static u64 trap_esr(u64 word) {
  u64 op0 = (word >> 19) & 3, op1 = (word >> 16) & 7, crn = (word >> 12) & 15, crm = (word >> 8) & 15;
  u64 op2 = (word >> 5) & 7, rt = word & 31, is_read = (word >> 21) & 1;
  return 0x62000000 | op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1 | is_read;
}

/* One character: '.' executed, 'u'/'U' UNDEFINED, 't'/'T' trapped as this access, 'f'/'F' as FP, at EL1/EL2; '?' anything else. */
static char classify(const struct stub *s, u64 el) {
  if (completed()) return '.';
  int at_el1 = outcome.esr2 == HVC_EL1;
  u64 esr = at_el1 ? outcome.esr1 : outcome.esr2;
  u64 elr = at_el1 ? outcome.elr1 : outcome.elr2;
  u64 vector = at_el1 ? outcome.vector1 : outcome.vector2;
  u64 same_level = el == (at_el1 ? 1 : 2);
  if (elr != (u64)s->code || vector != (same_level ? 0x200 : 0x400)) return '?';
  if (esr == 0x02000000) return at_el1 ? 'u' : 'U';
  if (esr == trap_esr(s->word)) return at_el1 ? 't' : 'T';
  if (esr == 0x1fe00000) return at_el1 ? 'f' : 'F';
  return '?';
}

static void full(const struct stub *s) {
  text(" v2=");
  hex(outcome.vector2);
  text(" esr2=");
  hex(outcome.esr2);
  if (outcome.esr2 == HVC_EL1) {
    text(" v1=");
    hex(outcome.vector1);
    text(" esr1=");
    hex(outcome.esr1);
    text(" elr1=");
    hex(outcome.elr1 - (u64)s->code);
    text(" spsr1=");
    hex(outcome.spsr1);
    text(" far1=");
    hex(outcome.far1 == 0x1111 ? 0x1111 : outcome.far1 - (u64)s->code);
    return;
  }
  text(" elr2=");
  hex(outcome.elr2 - (u64)s->code);
  text(" spsr2=");
  hex(outcome.spsr2);
  text(" far2=");
  hex(outcome.far2 == 0x1111 ? 0x1111 : outcome.far2 - (u64)s->code);
}

static void level_header(char kind, const struct config *c, u64 el) {
  put(kind);
  put(' ');
  text(c->name);
  text(" EL");
  put('0' + el);
}

/* What a write may put back: the register as EL2 reads it, where EL2 can. Instructions get the address of scratch memory. */
static u64 harmless_value(const struct stub *s) {
  if (s->argument) return (u64)scratch;
  base_config();
  run(2, (void *)((u64)s->code + 8), 0);
  return completed() ? outcome.x0 : 0;
}

static void try_accesses(const struct config *c, u64 el) {
  level_header('R', c, el);
  put(' ');
  for (u64 i = 0; i < access_count; i++) {
    const struct stub *s = &accesses[i];
    u64 value = harmless_value(s);
    base_config();
    c->apply();
    run(el, s->code, value);
    base_config();
    put(classify(s, el));
  }
  put('\n');
}

static void try_actions(const struct config *c, u64 el) {
  for (u64 i = 0; i < action_count; i++) {
    const struct stub *s = &actions[i];
    if (!(s->levels >> el & 1)) continue;
    base_config();
    c->apply();
    run(el, s->code, s->argument);
    base_config();
    level_header('A', c, el);
    put(' ');
    text(s->name);
    if (!completed())
      full(s);
    else if (s->shows_x0) {
      text(" x0=");
      hex(outcome.x0);
    } else
      text(" completed");
    put('\n');
  }
}

static u32 sweep_code[16] __attribute__((aligned(64)));

/* Runs every MRS, and prints those that are not UNDEFINED. */
static void sweep(u64 el) {
  const struct stub s = {"", sweep_code, 0, 0, 0, 0};
  for (u64 word = sweep_first; word < sweep_end; word += 32) {
    sweep_code[0] = word;
    sweep_code[1] = 0xd65f03c0;
    __asm__ volatile("dsb sy\n ic ialluis\n dsb sy\n isb" ::: "memory");
    base_config();
    run(el, sweep_code, 0);
    base_config();
    char outcome_class = classify(&s, el);
    if (outcome_class == 'u' || outcome_class == 'U') continue;
    text("S EL");
    put('0' + el);
    put(' ');
    hex(word);
    put(' ');
    put(outcome_class);
    put(' ');
    hex(outcome_class == '.' ? outcome.x0 : 0);
    put('\n');
  }
}

int main(void) {
  *(volatile u32 *)UART = 0x14;
  for (u64 el = 0; el < 3; el++) sweep(el);
  for (u64 i = 0; i < config_count; i++)
    for (u64 el = 0; el < 3; el++)
      if (configs[i].levels >> el & 1) {
        try_accesses(&configs[i], el);
        try_actions(&configs[i], el);
      }
  text("END\n");
  /* QEMU loses what is still in the transmit FIFO when it is switched off. */
  while (!(*(volatile u32 *)(UART + 0x2c) & 8)) {
  }
  return 0;
}
