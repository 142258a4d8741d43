static inline __attribute__((always_inline)) int scale(int value) {
  extern volatile int sink;
  int factor = sink & 3;
  return value * factor;
}
