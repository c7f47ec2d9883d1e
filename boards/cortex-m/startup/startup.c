// From reset to `main` on a Cortex-M4F or M7: vector table, floating-point unit, .data, .bss, a painted
// stack. On other machines nothing of it is needed.
#include "CortexM.h"
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'

// From sections.ld.
extern uint32_t cortex_m_stack_bottom[], cortex_m_stack_top[];
extern uint32_t cortex_m_data_start[], cortex_m_data_end[], cortex_m_data_load[];
extern uint32_t cortex_m_bss_start[], cortex_m_bss_end[];
typedef void (*initialiser)(void);
extern const initialiser cortex_m_initialisers[], cortex_m_initialisers_end[];

extern int main(int argc, char **argv);

static const uint32_t paint = 0xC5C5C5C5;

__attribute__((weak)) void cortex_m_start(void) {
  main(0, (char **)0);
  for (;;) __asm__ volatile("wfi");
}

__attribute__((weak)) void cortex_m_fault(uint32_t exception, const struct cortex_m_frame *frame) {
  (void)exception;
  (void)frame;
  for (;;) __asm__ volatile("");
}

size_t cortex_m_stack_size(void) {
  return (size_t)((char *)cortex_m_stack_top - (char *)cortex_m_stack_bottom);
}

size_t cortex_m_stack_used(void) {
  const volatile uint32_t *place = cortex_m_stack_bottom;
  while (place < cortex_m_stack_top && *place == paint) place++;
  return (size_t)((char *)cortex_m_stack_top - (char *)place);
}

/// Memory as C expects it. Separate from `reset`, which may use no float register before they are enabled.
/// The loops are volatile: the compiler is not to make memcpy and memset of them.
__attribute__((noinline, used)) static void prepare_memory(void) {
  volatile uint32_t *to = cortex_m_data_start;
  for (const uint32_t *from = cortex_m_data_load; to < cortex_m_data_end;) *to++ = *from++;
  for (to = cortex_m_bss_start; to < cortex_m_bss_end;) *to++ = 0;
  // All of the stack but what this function itself may need.
  volatile uint32_t *end = (uint32_t *)__builtin_frame_address(0) - 16;
  for (to = cortex_m_stack_bottom; to < end;) *to++ = paint;
}

__attribute__((noreturn)) void cortex_m_reset(void) {
  // Coprocessors 10 and 11 are the floating-point unit.
  *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
  prepare_memory();
  for (const initialiser *each = cortex_m_initialisers; each < cortex_m_initialisers_end; each++) {
    (*each)();
  }
  cortex_m_start();
  __builtin_unreachable();
}

/// Hands over which exception it is and the stack as the core left it. Where that has no room any more, the handler
/// gets a new one.
__attribute__((naked, used)) static void fault(void) {
  __asm__ volatile("mrs r0, ipsr\n\t"
                   "tst lr, #4\n\t"
                   "ite eq\n\tmrseq r1, msp\n\tmrsne r1, psp\n\t"
                   "ldr r2, =cortex_m_stack_bottom\n\t"
                   "cmp r1, r2\n\t"
                   "bhs 1f\n\t"
                   "ldr r2, =cortex_m_stack_top\n\t"
                   "mov sp, r2\n\t"
                   "1: bl cortex_m_fault\n\t"
                   "0: b 0b\n\t"
                   ".ltorg");
}

typedef union {
  const void *stack;
  void (*handler)(void);
} vector;

/// The core's own exceptions; a firmware with interrupts has a longer table of its own.
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.stack = cortex_m_stack_top},
    {.handler = cortex_m_reset},
    {.handler = fault}, // NMI
    {.handler = fault}, // hard fault
    {.handler = fault}, // memory management fault
    {.handler = fault}, // bus fault
    {.handler = fault}, // usage fault
    {0}, {0}, {0}, {0},
    {.handler = fault}, // supervisor call
    {.handler = fault}, // debug monitor
    {0},
    {.handler = fault}, // pending supervisor call
    {.handler = fault}, // SysTick
};
#else
size_t cortex_m_stack_used(void) { return 0; }
size_t cortex_m_stack_size(void) { return 0; }
#endif
