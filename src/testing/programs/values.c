/* Data of the kinds that kernels have: flags, bit-fields, tables of functions, lists. Everything has a value before the program starts. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum state { IDLE, RUNNING = 3, DEAD = -1 };
enum access { NONE = 0, READ = 1, WRITE = 2, EXECUTE = 4, DEVICE = 0x100 };
enum mask { LOW_BITS = 3, HIGH_BITS = 12 };
typedef enum { OFF, ON } power_t;

enum state states[4] = { IDLE, RUNNING, DEAD, (enum state)7 };
enum access accesses[7] = {
  NONE, READ, READ | WRITE, READ | WRITE | EXECUTE | DEVICE, (enum access)0x10, (enum access)0x12, (enum access)0x80000000,
};
enum mask masks[4] = { LOW_BITS, HIGH_BITS, (enum mask)15, (enum mask)1 };
power_t powers[2] = { ON, OFF };

struct bits {
  uint32_t valid : 1;
  uint32_t table : 1;
  int32_t offset : 7;
  enum access access : 9;
  bool dirty : 1;
  uint64_t frame : 36;
  int64_t sign : 4;
  uint64_t : 0;
  uint8_t low : 4, high : 4;
  uint16_t whole : 16;
  int32_t single : 1;
};
struct bits bits = { 1, 0, -5, READ | EXECUTE, true, 0xabcdef012, -8, 0x9, 0xe, 0xffff, -1 };
struct bits many_bits[2] = { { .frame = 1 }, { .offset = 63, .sign = 7 } };

union word {
  uint64_t raw;
  struct { uint32_t low, high; } half;
  struct { uint64_t type : 2, : 10, page : 28; };
  float number;
  char text[8];
  void *pointer;
};
union word words[2] = { { .raw = 0x0000000012345003 }, { .text = "trap" } };

struct operations {
  const char *name;
  int (*open)(const char *path);
  void (*close)(int handle);
  int (**others)(const char *);
};
int device_open(const char *path) { return path[0]; }
void device_close(int handle) { (void)handle; }
static int (*others[])(const char *) = { device_open, NULL };
struct operations operations[3] = {
  { "device", device_open, device_close, others }, { "nothing", NULL, NULL, NULL }, { NULL, (void *)0x10, device_close, others + 1 },
};
int (*(*indirect)(void))(const char *);

struct point { int x, y; };
struct point points[12] = { { 1, 2 }, { 1, 2 }, [10] = { -1, 3 } };
struct point grid[2][2] = { { { 1, 2 }, { 3, 4 } }, { { 5, 6 }, { 7, 8 } } };
struct { char tag; struct point at[2]; } odd = { 'z', { { 1, 1 }, { 2, 2 } } };

char short_text[4] = "full";
char padded[12] = "ab\0cd";
char escapes[] = "tab\t quote\" back\\ nul-octal\001 high\377";
const char *texts[3] = { "one", "", NULL };
unsigned char raw[4] = { 0, 0x7f, 0x80, 0xff };
wchar_t *no_text = NULL;
int repeated[40] = { [5] = 1 };

struct list_head { struct list_head *next, *prev; };
struct task {
  int pid;
  struct list_head tasks;
  struct { struct list_head sibling; } family;
};
extern struct task init, second, third;
struct task init = { 0, { &second.tasks, &third.tasks }, { { &init.family.sibling, &init.family.sibling } } };
struct task second = { 1, { &third.tasks, &init.tasks }, { { NULL, NULL } } };
struct task third = { 2, { &init.tasks, &second.tasks }, { { NULL, NULL } } };
struct list_head empty = { &empty, &empty };
struct list_head damaged = { (struct list_head *)0x10, NULL };

struct domain { int id; struct domain *next_in_list; };
struct domain last_domain = { 32752, NULL };
struct domain domains[2] = { { 0, &domains[1] }, { 1, &last_domain } };
struct domain *domain_list = domains;

int main(void) { return device_open("x") + raw[0] + (int)(intptr_t)indirect + (int)(intptr_t)no_text; }
