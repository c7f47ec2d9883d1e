// What a program on a Cortex-M may ask of its startup code.
#ifndef SELVEDGE_CORTEX_M_H
#define SELVEDGE_CORTEX_M_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// The registers that a fault leaves on the stack, in the order in which the core stores them.
struct cortex_m_frame {
  uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
};

/// Bytes of the stack that have been in use at any time since reset: startup paints the stack, and this
/// looks for the deepest place where the paint is gone. 0 on other machines.
size_t cortex_m_stack_used(void);
/// Bytes that the linker script sets aside for the stack; 0 on other machines.
size_t cortex_m_stack_size(void);

/// Where the core begins.
void cortex_m_reset(void) __attribute__((noreturn));

/// What startup calls when memory is ready; never returns. By default calls `main` and then waits for ever.
void cortex_m_start(void);
/// What an exception without a handler calls; never returns. By default waits for ever.
void cortex_m_fault(uint32_t exception, const struct cortex_m_frame *frame);

#ifdef __cplusplus
}
#endif
#endif
