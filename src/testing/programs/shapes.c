/* Types of every kind that C has, for layout and formatting tests. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum colour { RED, GREEN = 5, BLUE = -2 };
enum big { SMALL, HUGE_VALUE = 0xffffffff };

struct list_head {
  struct list_head *next, *prev;
};

struct forward;
typedef int (*handler_t)(struct forward *who, const char *text, ...);
typedef struct { uint32_t lo, hi; } pair_t;

struct flags {
  unsigned ready : 1;
  unsigned mode : 3;
  signed level : 5;
  unsigned : 0;
  uint64_t wide : 40;
  bool last : 1;
};

union view {
  uint64_t whole;
  struct { uint32_t low, high; };
  uint8_t bytes[8];
};

struct node {
  struct list_head link;
  char name[16];
  enum colour colour;
  struct {
    int inner;
    union { short a; long b; };
  };
  union view view;
  struct flags flags;
  int matrix[2][3];
  handler_t handler;
  volatile const char *const text;
  struct node *parent;
  pair_t pairs[4];
  double ratio;
  float small;
  enum big big;
  uint8_t tail[];
};

struct list_head nodes = { &nodes, &nodes };
struct node first = { .name = "first", .colour = GREEN, .inner = 7, .matrix = { { 1, 2, 3 }, { 4, 5, 6 } }, .ratio = 1.5 };
static int hidden = 42;
const char *const message = "hello";
int table[3] = { 10, 20, 30 };
__thread int per_thread = 3;

int use(struct forward *who, const char *text, ...) { return who != NULL && text != NULL; }

int main(void) {
  first.handler = use;
  first.flags.level = -3;
  return hidden + first.handler(NULL, message) + per_thread + table[1] - 65;
}
