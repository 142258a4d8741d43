/* Inlined functions three deep, lexical blocks, loops, statics, recursion, tail calls and variables that move between registers. */
#include "inlines.h"

volatile int sink;
static int counter;

__attribute__((noinline)) int leaf(int x) {
  return x * 3 + 1;
}

__attribute__((noinline)) int clobber(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j) {
  sink = a + b + c + d + e + f + g + h + i + j;
  return sink ^ a;
}

static inline __attribute__((always_inline)) int innermost(int v) {
  int doubled = v * 2;
  sink = doubled;
  return doubled + scale(v);
}

static inline __attribute__((always_inline)) int middle(int m) {
  if (m > 3) {
    int block_local = leaf(m);
    sink = block_local;
    return innermost(block_local);
  }
  return innermost(m + 1);
}

__attribute__((noinline)) int outer(int n, const char *text) {
  int total = 0;
  for (int i = 0; i < n; i++) {
    int squared = i * i;
    total += middle(squared);
    counter++;
  }
  return total + text[0];
}

__attribute__((noinline)) int recurse(int depth) {
  char buffer[64];
  for (int i = 0; i < 64; i++)
    buffer[i] = (char)(depth + i);
  sink = buffer[depth];
  return depth == 0 ? leaf(buffer[3]) : recurse(depth - 1) + buffer[5];
}

__attribute__((noinline)) int tail(int x) {
  sink = x;
  return leaf(x + 1);
}

__attribute__((noinline)) long many(long a, long b, double c, int d) {
  long x = clobber(a, b, d, 4, 5, 6, 7, 8, 9, 10);
  long y = outer(d, "many");
  return x + y + a + b + (long)c;
}

__attribute__((noinline)) int big_frame(int n) {
  volatile char huge[5000];
  huge[n] = (char)n;
  return leaf(huge[n]) + huge[n];
}

__attribute__((noinline)) int dynamic(int n) {
  volatile char buffer[n];
  for (int i = 0; i < n; i++)
    buffer[i] = (char)i;
  return leaf(buffer[n - 1]) + n;
}

int main(int argc, char **argv) {
  int result = outer(argc + 4, argv[0]);
  result += recurse(3);
  result += tail(result);
  result += many(1, 2, 3.0, 4);
  result += big_frame(100);
  result += dynamic(33);
  return (result + counter) & 0x7f;
}
