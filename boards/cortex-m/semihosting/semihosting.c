// The C library's system calls by semihosting: an emulator or a debugger does them on the host. Without
// either the core stops at the first one. On other machines than a Cortex-M nothing of it is needed.
//
// Words of the command line that hold a `=` become the environment: there is no other.
#include "Semihosting.h"
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#include <CortexM.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Numbers of ARM's "Semihosting for AArch32 and AArch64".
enum {
  sys_open = 0x01,
  sys_close = 0x02,
  sys_write0 = 0x04,
  sys_write = 0x05,
  sys_read = 0x06,
  sys_is_terminal = 0x09,
  sys_seek = 0x0A,
  sys_length = 0x0C,
  sys_command_line = 0x15,
  sys_exit_extended = 0x20,
};

static intptr_t call(intptr_t operation, const void *parameters) {
  register intptr_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = parameters;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

/// Semihosting's own numbers of the three standard streams; of other files they are the C library's less 3.
static intptr_t streams[3];

static intptr_t handle(int file) { return file < 3 ? streams[file] : file - 3; }

static intptr_t open_file(const char *path, intptr_t mode) {
  const uintptr_t parameters[] = {(uintptr_t)path, (uintptr_t)mode, strlen(path)};
  return call(sys_open, parameters);
}

int _open(const char *path, int flags, ...) {
  // Modes are the twelve of fopen: r, rb, r+, r+b, w, ..., a.
  const intptr_t mode = (flags & 0x8) ? 8 : (flags & 0x3) ? 4 : 0;
  const intptr_t opened = open_file(path, mode + 1 + ((flags & 0x3) == 2 ? 2 : 0));
  if (opened < 0) {
    errno = ENOENT;
    return -1;
  }
  return (int)opened + 3;
}

int _close(int file) {
  const intptr_t parameters[] = {handle(file)};
  return (int)call(sys_close, parameters);
}

int _read(int file, char *bytes, int count) {
  const intptr_t parameters[] = {handle(file), (intptr_t)bytes, count};
  const intptr_t missing = call(sys_read, parameters);
  if (missing < 0 || missing > count) {
    errno = EIO;
    return -1;
  }
  return count - (int)missing;
}

int _write(int file, const char *bytes, int count) {
  const intptr_t parameters[] = {handle(file), (intptr_t)bytes, count};
  const intptr_t missing = call(sys_write, parameters);
  if (missing != 0) {
    errno = EIO;
    return -1;
  }
  return count;
}

int _isatty(int file) {
  const intptr_t parameters[] = {handle(file)};
  return call(sys_is_terminal, parameters) == 1;
}

static intptr_t length(int file) {
  const intptr_t parameters[] = {handle(file)};
  return call(sys_length, parameters);
}

int _lseek(int file, int offset, int origin) {
  // Semihosting knows places from the beginning only.
  if (origin == 2) offset += (int)length(file);
  const intptr_t parameters[] = {handle(file), offset};
  if (origin == 1 || call(sys_seek, parameters) != 0) {
    errno = ESPIPE;
    return -1;
  }
  return offset;
}

int _fstat(int file, struct stat *status) {
  // What is empty and yet can be moved in is /dev/null; a pipe cannot.
  const intptr_t start[] = {handle(file), 0};
  const int is_device =
      _isatty(file) || (length(file) == 0 && call(sys_seek, start) == 0);
  memset(status, 0, sizeof *status);
  status->st_mode = is_device ? S_IFCHR : S_IFREG;
  return 0;
}

void *_sbrk(int more) {
  extern char cortex_m_heap_start[], cortex_m_heap_end[];
  static intptr_t used;
  if (used + more > cortex_m_heap_end - cortex_m_heap_start || used + more < 0) {
    errno = ENOMEM;
    return (void *)-1;
  }
  void *start = cortex_m_heap_start + used;
  used += more;
  return start;
}

void _exit(int code) {
  const uintptr_t application_exit = 0x20026;
  const uintptr_t parameters[] = {application_exit, (uintptr_t)code};
  call(sys_exit_extended, parameters);
  for (;;) {}
}

int _getpid(void) { return 1; }

int _kill(int process, int signal) {
  (void)process;
  _exit(128 + signal);
  return -1;
}

static void say(const char *text) { call(sys_write0, text); }

static void say_number(const char *before, uint32_t number) {
  char digits[9] = "00000000";
  for (int i = 7; i >= 0; i--, number >>= 4) digits[i] = "0123456789abcdef"[number & 15];
  say(before);
  say(digits);
}

void cortex_m_fault(uint32_t exception, const struct cortex_m_frame *frame) {
  extern char cortex_m_stack_bottom[], cortex_m_stack_top[];
  const volatile uint32_t *const status = (const volatile uint32_t *)0xE000ED28;
  say_number("fault: exception ", exception);
  say_number(", status ", status[0]);
  say_number(", hard ", status[1]);
  if ((const char *)frame >= cortex_m_stack_bottom && (const char *)(frame + 1) <= cortex_m_stack_top) {
    say_number(", at ", frame->pc);
    say_number(", called from ", frame->lr);
  } else {
    say_number(", the stack overflowed to ", (uint32_t)(uintptr_t)frame);
  }
  say("\n");
  _exit(EXIT_FAILURE);
}

void cortex_m_start(void) {
  extern int main(int argc, char **argv);
  extern char **environ;
  enum { most = 16 };
  static char line[512];
  static char *arguments[most + 1], *variables[most + 1];

  // The console's name; how it is opened says which stream it is.
  for (int i = 0; i < 3; i++) streams[i] = open_file(":tt", 4 * i);
  const uintptr_t parameters[] = {(uintptr_t)line, sizeof line};
  int words = 0, variables_count = 0;
  if (call(sys_command_line, parameters) == 0) {
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
      if (strchr(word, '=')) {
        if (variables_count < most) variables[variables_count++] = word;
      } else if (words < most) {
        arguments[words++] = word;
      }
    }
  }
  environ = variables;
  exit(main(words, arguments));
}
#endif
