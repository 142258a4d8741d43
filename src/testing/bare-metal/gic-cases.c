// What the interrupt controller and the timers of the ZCU102 do, step by step, printed as lines that must be the same everywhere.
// Interrupts are never taken: they are polled at EL2, and at EL1 by ISR_EL1. Priorities keep to the four bits that every
// configuration of the GIC implements.

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

#define UART 0xff000000UL
#define GICD 0xf9010000UL
#define GICC 0xf9020000UL
#define GICC_DIR 0xf9030000UL
#define GICH 0xf9040000UL
#define GICV 0xf9060000UL
#define GICV_DIR 0xf9070000UL

#define EOI_MODE 0x200
#define SPI_A 60
#define SPI_B 61
#define SPI_C 100

extern void run_at(u64 spsr, void *code, u64 x0, void *done);
extern void secondary_entry(void), done_by_hvc(void), read_isr(void);
extern u64 outcome[];

static u32 read(u64 address) { return *(volatile u32 *)address; }
static void write(u64 address, u32 value) { *(volatile u32 *)address = value; }
static u8 read_byte(u64 address) { return *(volatile u8 *)address; }
static void write_byte(u64 address, u8 value) { *(volatile u8 *)address = value; }

static void put(char c) {
  while (read(UART + 0x2c) & 0x10) {
  }
  write(UART + 0x30, (u8)c);
}
static void text(const char *s) {
  while (*s) put(*s++);
}
static void show(const char *name, u64 value) {
  text(name);
  put(' ');
  for (int shift = 28; shift >= 0; shift -= 4) put("0123456789abcdef"[(value >> shift) & 15]);
  put('\n');
}

// The other CPU does what it is told: a read, a write, or nothing.
static volatile struct {
  u64 address;
  u32 value;
  u32 command;
} mailbox;
enum { NOTHING, READ, WRITE };

void secondary(void) {
  for (;;) {
    u32 command = mailbox.command;
    if (command == NOTHING) continue;
    if (command == READ) mailbox.value = read(mailbox.address);
    else write(mailbox.address, mailbox.value);
    mailbox.command = NOTHING;
  }
}
static u32 other(u32 command, u64 address, u32 value) {
  mailbox.address = address;
  mailbox.value = value;
  mailbox.command = command;
  while (mailbox.command != NOTHING) {
  }
  return mailbox.value;
}
static void start_other(void) {
  register u64 x0 asm("x0") = 0xc4000003;
  register u64 x1 asm("x1") = 1;
  register u64 x2 asm("x2") = (u64)secondary_entry;
  register u64 x3 asm("x3") = 0;
  asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
  show("CPU_ON", x0);
}

static u32 iar(void) { return read(GICC + 0x0c); }
static void eoi(u32 value) { write(GICC + 0x10, value); }
static void pend(u32 intid) { write(GICD + 0x200 + intid / 32 * 4, 1u << intid % 32); }
static void unpend(u32 intid) { write(GICD + 0x280 + intid / 32 * 4, 1u << intid % 32); }
static void enable(u32 intid) { write(GICD + 0x100 + intid / 32 * 4, 1u << intid % 32); }
static void disable(u32 intid) { write(GICD + 0x180 + intid / 32 * 4, 1u << intid % 32); }
static void priority(u32 intid, u8 value) { write_byte(GICD + 0x400 + intid, value); }
static void target(u32 intid, u8 mask) { write_byte(GICD + 0x800 + intid, mask); }
static u32 is_pending(u32 intid) { return read(GICD + 0x200 + intid / 32 * 4) >> intid % 32 & 1; }
static u32 is_active(u32 intid) { return read(GICD + 0x300 + intid / 32 * 4) >> intid % 32 & 1; }

static void state_of(const char *name, u32 intid) {
  show(name, is_pending(intid) << 8 | is_active(intid) << 4);
}

static void distributor(void) {
  write(GICD + 0x104, 0xf0f0f0f0);
  show("ISENABLER1", read(GICD + 0x104));
  write(GICD + 0x184, 0x00f000f0);
  show("ICENABLER1", read(GICD + 0x184));
  write(GICD + 0x184, 0xffffffff);
  write(GICD + 0x43c, 0x10a0f080);
  show("IPRIORITYR", read(GICD + 0x43c));
  show("priority byte", read_byte(GICD + 0x43e));
  write(GICD + 0x83c, 0x0f0e0803);
  show("ITARGETSR", read(GICD + 0x83c));
  show("target byte", read_byte(GICD + 0x83d));
  show("ITARGETSR0", read(GICD + 0x800));
  show("ITARGETSR0 of CPU 1", other(READ, GICD + 0x800, 0));
  // QEMU forgets what is made pending while it has no target.
  target(SPI_C, 1);
  pend(SPI_A);
  pend(SPI_C);
  show("ISPENDR1", read(GICD + 0x204));
  show("ICPENDR3", read(GICD + 0x28c));
  unpend(SPI_A);
  unpend(SPI_C);
  show("ISPENDR1 cleared", read(GICD + 0x204));
  write(GICD + 0x304, 1u << SPI_A % 32);
  state_of("made active", SPI_A);
  write(GICD + 0x384, 1u << SPI_A % 32);
  state_of("made inactive", SPI_A);
  write(GICD + 0xc0c, 2u << SPI_A % 16 * 2);
  show("ICFGR edge", read(GICD + 0xc0c) >> SPI_A % 16 * 2 & 2);
  write(GICD + 0xc0c, 0);
  show("ICFGR level", read(GICD + 0xc0c) >> SPI_A % 16 * 2 & 2);
  write(GICD + 0x100, 0xffff0000);
  write(GICD + 0x180, 0x0000ffff);
  show("SGIs stay enabled", read(GICD + 0x100) & 0xffff);
  write(GICD + 0x180, 0xffff0000);
}

static void prepare(u32 intid, u8 level) {
  priority(intid, level);
  target(intid, 1);
  enable(intid);
}

static void acknowledge(void) {
  show("nothing pending", iar());
  show("HPPIR nothing", read(GICC + 0x18));
  show("RPR idle", read(GICC + 0x14));
  prepare(SPI_A, 0x80);
  prepare(SPI_B, 0x40);
  pend(SPI_A);
  show("HPPIR", read(GICC + 0x18));
  show("IAR", iar());
  state_of("acknowledged", SPI_A);
  show("RPR", read(GICC + 0x14));
  pend(SPI_A);
  state_of("pending and active", SPI_A);
  show("not twice", iar());
  pend(SPI_B);
  show("higher one interrupts", iar());
  show("RPR", read(GICC + 0x14));
  eoi(SPI_B);
  show("RPR after the end", read(GICC + 0x14));
  eoi(SPI_A);
  show("RPR after both", read(GICC + 0x14));
  show("pending again", iar());
  eoi(SPI_A);
  show("and done", iar());
}

static void masks(void) {
  pend(SPI_A);
  write(GICC + 0x04, 0x80);
  show("PMR", read(GICC + 0x04));
  show("masked", iar());
  write(GICC + 0x04, 0x90);
  show("let through", iar());
  eoi(SPI_A);
  write(GICC + 0x04, 0xf0);
  write(GICC + 0x08, 7);
  pend(SPI_A);
  show("with one group", iar());
  pend(SPI_B);
  show("no pre-emption", iar());
  eoi(SPI_A);
  show("but afterwards", iar());
  eoi(SPI_B);
  write(GICC + 0x08, 6);
  priority(SPI_A, 0xe0);
  pend(SPI_A);
  show("two groups", iar());
  priority(SPI_B, 0xa0);
  pend(SPI_B);
  show("same group", iar());
  priority(SPI_B, 0x70);
  show("the other group", iar());
  eoi(SPI_B);
  eoi(SPI_A);
  write(GICC + 0x08, 3);
  prepare(SPI_C, 0xe0);
  pend(SPI_A);
  pend(SPI_C);
  show("equal: lower INTID", iar());
  eoi(SPI_A);
  show("then the other", iar());
  eoi(SPI_C);
  target(SPI_C, 2);
  pend(SPI_C);
  show("not our target", iar());
  show("but its", other(READ, GICC + 0x0c, 0));
  other(WRITE, GICC + 0x10, SPI_C);
  disable(SPI_A);
  pend(SPI_A);
  show("disabled", iar());
  unpend(SPI_A);
  enable(SPI_A);
  write(GICD, 0);
  pend(SPI_A);
  show("distributor off", iar());
  write(GICD, 1);
  write(GICC, 0);
  show("interface off", iar());
  write(GICC, 1);
  show("on again", iar());
  eoi(SPI_A);
}

static void split_end(void) {
  write(GICC, 1 | EOI_MODE);
  show("EOImode", read(GICC) & EOI_MODE);
  priority(SPI_A, 0x80);
  pend(SPI_A);
  show("IAR", iar());
  eoi(SPI_A);
  show("RPR dropped", read(GICC + 0x14));
  state_of("still active", SPI_A);
  pend(SPI_A);
  show("not yet", iar());
  write(GICC_DIR, SPI_A);
  state_of("deactivated", SPI_A);
  show("again", iar());
  eoi(SPI_A);
  write(GICC_DIR, SPI_A);
  write(GICC, 1);
}

static void sgis(void) {
  write(GICD + 0xf00, 2u << 24 | 5);
  show("to oneself", iar());
  eoi(5);
  write(GICD + 0xf00, 1u << 24 | 6);
  show("to others: not here", iar());
  show("but there", other(READ, GICC + 0x0c, 0));
  other(WRITE, GICC + 0x10, 6);
  other(WRITE, GICD + 0xf00, 1u << 16 | 9);
  write(GICD + 0xf00, 1u << 16 | 9);
  show("SPENDSGIR", read(GICD + 0xf28));
  show("source 0 first", iar());
  eoi(9);
  show("source 1", iar());
  eoi(9 | 1 << 10);
  show("no more", iar());
  write_byte(GICD + 0xf20 + 11, 2);
  show("pended for CPU 1", iar());
  eoi(11 | 1 << 10);
  write_byte(GICD + 0xf20 + 12, 1);
  write_byte(GICD + 0xf10 + 12, 1);
  show("taken back", iar());
  priority(3, 0x20);
  priority(2, 0x90);
  write(GICD + 0xf00, 2u << 24 | 2);
  write(GICD + 0xf00, 2u << 24 | 3);
  show("by priority", iar());
  eoi(3);
  show("lower priority", iar());
  eoi(2);
}

#define MSR(reg, value) asm volatile("msr " #reg ", %0\n isb" ::"r"((u64)(value)))
#define MRS(reg)                               \
  ({                                           \
    u64 value;                                 \
    asm volatile("mrs %0, " #reg : "=r"(value)); \
    value;                                     \
  })
#define TIMER(name, ppi, ctl, cval, tval, counter)               \
  do {                                                           \
    prepare(ppi, 0x80);                                          \
    /* Long enough for a busy host of QEMU. */                     \
    MSR(tval, 1500000);                                          \
    MSR(ctl, 1);                                                 \
    show(name " not yet", MRS(ctl) << 4 | is_pending(ppi));      \
    while (!(MRS(ctl) & 4)) {                                    \
    }                                                            \
    show(name " reached", MRS(counter) >= MRS(cval));            \
    show(name " pending", is_pending(ppi));                      \
    show(name " TVAL is negative", MRS(tval) >> 31 & 1);         \
    MSR(ctl, 3);                                                 \
    show(name " masked", MRS(ctl) << 4 | is_pending(ppi));       \
    MSR(ctl, 1);                                                 \
    show(name " IAR", iar());                                    \
    state_of(name " active", ppi);                               \
    MSR(cval, MRS(counter) + 100000000);                         \
    state_of(name " moved", ppi);                                \
    show(name " status", MRS(ctl));                              \
    eoi(ppi);                                                    \
    MSR(cval, 0);                                                \
    show(name " long ago", MRS(ctl) << 4 | is_pending(ppi));     \
    MSR(ctl, 0);                                                 \
    show(name " off", MRS(ctl) << 4 | is_pending(ppi));          \
  } while (0)

static void timers(void) {
  MSR(cntvoff_el2, 0);
  TIMER("CNTP", 30, cntp_ctl_el0, cntp_cval_el0, cntp_tval_el0, cntpct_el0);
  TIMER("CNTV", 27, cntv_ctl_el0, cntv_cval_el0, cntv_tval_el0, cntvct_el0);
  TIMER("CNTHP", 26, cnthp_ctl_el2, cnthp_cval_el2, cnthp_tval_el2, cntpct_el0);
  MSR(cntv_cval_el0, MRS(cntvct_el0) + 1000000);
  MSR(cntv_ctl_el0, 1);
  show("CNTV before", MRS(cntv_ctl_el0));
  MSR(cntvoff_el2, -2000000);
  show("CNTV offset", MRS(cntv_ctl_el0) << 4 | is_pending(27));
  MSR(cntvoff_el2, MRS(cntpct_el0) + 1000000);
  show("CNTV wraps", MRS(cntv_ctl_el0) << 4 | is_pending(27));
  MSR(cntvoff_el2, 0);
  show("CNTV restored", MRS(cntv_ctl_el0) << 4 | is_pending(27));
  MSR(cntv_ctl_el0, 0);
}

#define LR(n) (GICH + 0x100 + 4 * (n))
#define PENDING 0x10000000u
#define LR_PRIORITY(p) ((u32)(p) >> 3 << 23)
#define LR_HW 0x80000000u
#define LR_EOI (1u << 19)

static u32 virtual_iar(void) { return read(GICV + 0x0c); }
static void virtual_eoi(u32 value) { write(GICV + 0x10, value); }
static void summary(const char *name) {
  text(name);
  show(" MISR", read(GICH + 0x10));
  text(name);
  show(" EISR, ELRSR", read(GICH + 0x20) << 4 | read(GICH + 0x30));
  text(name);
  show(" maintenance", is_pending(25));
}

static void virtual_interface(void) {
  for (int n = 0; n < 4; n++) write(LR(n), 0);
  write(GICH + 0xf0, 0);
  write(GICH, 1);
  write(GICV + 0x04, 0xff);
  show("GICV_PMR", read(GICV + 0x04));
  write(GICV + 0x08, 3);
  write(GICV + 0x1c, 4);
  write(GICV, 1);
  show("GICH_VMCR", read(GICH + 0x08));
  write(GICH + 0x08, 0xa0900201);
  show("GICV_CTLR", read(GICV));
  show("GICV_PMR", read(GICV + 0x04));
  show("GICV_BPR", read(GICV + 0x08));
  write(GICH + 0x08, 0xf84c0001);
  summary("idle");
  show("nothing", virtual_iar());
  write(LR(0), PENDING | LR_PRIORITY(0xa0) | 40);
  write(LR(2), PENDING | LR_PRIORITY(0x40) | 41);
  summary("two");
  show("HPPIR", read(GICV + 0x18));
  show("IAR", virtual_iar());
  show("LR2", read(LR(2)));
  show("RPR", read(GICV + 0x14));
  show("APR", read(GICH + 0xf0));
  show("lower one waits", virtual_iar());
  virtual_eoi(41);
  show("LR2 ended", read(LR(2)));
  summary("one");
  show("then it", virtual_iar());
  write(LR(0), read(LR(0)) | PENDING);
  virtual_eoi(40);
  show("pending again", read(LR(0)));
  show("and again", virtual_iar());
  virtual_eoi(40);
  write(LR(1), PENDING | LR_PRIORITY(0x80) | 3 | 2 << 10);
  show("SGI of 2", virtual_iar());
  virtual_eoi(3 | 2 << 10);
  summary("empty");
}

static void maintenance(void) {
  write(GICH, 3);
  summary("UIE");
  write(LR(0), PENDING | LR_PRIORITY(0xa0) | 40);
  write(LR(1), PENDING | LR_PRIORITY(0xa0) | 41);
  summary("UIE, two");
  write(GICH, 9);
  summary("NPIE");
  write(LR(0), 0);
  write(LR(1), 0);
  summary("NPIE, none");
  write(GICH, 1);
  write(LR(3), PENDING | LR_PRIORITY(0xa0) | 50 | LR_EOI);
  show("IAR", virtual_iar());
  summary("EOI wanted");
  virtual_eoi(50);
  summary("EOI");
  write(LR(3), 0);
  summary("EOI seen");
  write(GICH + 0xf0, 1u << 20);
  virtual_eoi(77);
  show("EOICount", read(GICH) >> 27);
  write(GICH, read(GICH) | 4);
  summary("LRENPIE");
  write(GICH, 1);
  write(GICH, 0xf1);
  summary("groups");
  write(GICV, 2);
  summary("groups swapped");
  write(GICV, 1);
  write(GICH, 1);
}

static void hardware_interrupt(void) {
  write(GICC, 1 | EOI_MODE);
  priority(SPI_A, 0x80);
  pend(SPI_A);
  show("IAR", iar());
  eoi(SPI_A);
  write(LR(0), LR_HW | PENDING | LR_PRIORITY(0xa0) | SPI_A << 10 | 45);
  state_of("physical", SPI_A);
  show("virtual", virtual_iar());
  virtual_eoi(45);
  state_of("physical ended", SPI_A);
  pend(SPI_A);
  show("IAR", iar());
  eoi(SPI_A);
  write(GICV, 1 | EOI_MODE);
  write(LR(0), LR_HW | PENDING | LR_PRIORITY(0xa0) | SPI_A << 10 | 45);
  show("virtual", virtual_iar());
  virtual_eoi(45);
  state_of("dropped", SPI_A);
  show("LR0", read(LR(0)));
  write(GICV_DIR, 45);
  state_of("deactivated", SPI_A);
  show("LR0", read(LR(0)));
  write(GICV, 1);
  write(GICC, 1);
}

static u64 guest_isr(void) {
  run_at(0x3c5, read_isr, 0, done_by_hvc);
  return outcome[10];
}

static void signals(void) {
  MSR(hcr_el2, 1u << 31 | 0x38);
  write(GICV + 0x04, 0xf0);
  write(GICH + 0xf0, 0);
  show("no signal", guest_isr());
  write(LR(0), PENDING | LR_PRIORITY(0xa0) | 40);
  show("virtual IRQ", guest_isr());
  write(GICV + 0x04, 0xa0);
  show("masked", guest_isr());
  write(GICV + 0x04, 0xa8);
  show("let through", guest_isr());
  write(GICV, 9);
  show("as FIQ", guest_isr());
  write(GICV, 1);
  write(GICH, 0);
  show("interface off", guest_isr());
  write(GICH, 1);
  virtual_iar();
  write(LR(1), PENDING | LR_PRIORITY(0xa0) | 41);
  show("same priority", guest_isr());
  write(LR(1), PENDING | LR_PRIORITY(0x60) | 41);
  show("higher priority", guest_isr());
  write(LR(1), 0);
  virtual_eoi(40);
  pend(SPI_A);
  show("physical at EL2", MRS(isr_el1));
  show("not in the guest", guest_isr());
  MSR(hcr_el2, 1u << 31);
  show("without IMO", guest_isr());
  unpend(SPI_A);
  show("gone", guest_isr());
}

// QEMU has the counters and their flags, but their interrupt is not wired on this board.
static void performance_monitors(void) {
  MSR(pmccfiltr_el0, 1u << 27);
  MSR(pmcntenset_el0, 1u << 31);
  MSR(pmovsclr_el0, 0xffffffff);
  MSR(pmintenset_el1, 0x80000005);
  show("PMINTENSET", MRS(pmintenset_el1));
  MSR(pmintenclr_el1, 4);
  show("PMINTENCLR", MRS(pmintenclr_el1));
  MSR(pmccntr_el0, 0xffffff00);
  show("no overflow", MRS(pmovsset_el0));
  MSR(pmcr_el0, 1);
  while (!MRS(pmovsset_el0)) {
  }
  show("overflow of 32 bits", MRS(pmovsclr_el0));
  MSR(pmovsclr_el0, 0x80000000);
  show("cleared", MRS(pmovsset_el0));
  MSR(pmcr_el0, 0x41);
  MSR(pmccntr_el0, 0xffffffffffff0000);
  while (!MRS(pmovsset_el0)) {
  }
  show("overflow of 64 bits", MRS(pmovsset_el0));
  MSR(pmcr_el0, 0x46);
  show("reset counters keep flags", MRS(pmovsset_el0));
  show("PMCCNTR", MRS(pmccntr_el0));
  MSR(pmovsclr_el0, 0xffffffff);
  MSR(pmevtyper1_el0, 1u << 27);
  MSR(pmevcntr1_el0, 0xfffffffe);
  MSR(pmcntenset_el0, 2);
  MSR(pmcr_el0, 1);
  MSR(pmswinc_el0, 2);
  show("software increment", MRS(pmevcntr1_el0));
  show("no overflow", MRS(pmovsset_el0));
  MSR(pmswinc_el0, 3);
  show("wrapped", MRS(pmevcntr1_el0));
  show("overflow", MRS(pmovsset_el0));
  MSR(pmovsset_el0, 0x80000008);
  show("set by software", MRS(pmovsset_el0));
  MSR(pmovsclr_el0, 2);
  show("cleared one", MRS(pmovsclr_el0));
  MSR(pmcr_el0, 0);
}

static void section(const char *name, void (*run)(void)) {
  text("## ");
  text(name);
  put('\n');
  run();
}

int main(void) {
  write(UART, 0x14);
  write(GICD, 1);
  write(GICC + 0x04, 0xf0);
  write(GICC + 0x08, 3);
  write(GICC, 1);
  start_other();
  other(WRITE, GICC + 0x04, 0xf0);
  other(WRITE, GICC + 0x08, 3);
  other(WRITE, GICC, 1);
  section("distributor", distributor);
  section("acknowledge and end", acknowledge);
  section("masks and groups", masks);
  section("split end", split_end);
  section("SGIs", sgis);
  section("timers", timers);
  section("virtual interface", virtual_interface);
  section("maintenance", maintenance);
  section("hardware interrupts", hardware_interrupt);
  section("signals", signals);
  section("performance monitors", performance_monitors);
  text("END\n");
  while (!(read(UART + 0x2c) & 8)) {
  }
  return 0;
}
