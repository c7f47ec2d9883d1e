// The C standard library (and, on a host, POSIX) for Swift, with a line for each thing that Swift
// cannot import by itself: macros, variadic functions and the standard streams.
#ifndef SELVEDGE_CSTANDARDLIBRARY_H
#define SELVEDGE_CSTANDARDLIBRARY_H
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline FILE *standard_input(void) { return stdin; }
static inline FILE *standard_output(void) { return stdout; }
static inline FILE *standard_error(void) { return stderr; }

/// Links what prints fractions, which newlib's small printf leaves out of programs that do not ask for it.
static inline void link_printing_of_decimals(void) {
#if defined(_NEWLIB_VERSION)
  __asm__ volatile(".global _printf_float");
#endif
}
/// Prints `value` with `decimals` digits behind the point, as printf("%.*f").
static inline int print_decimal(FILE *stream, double value, int decimals) {
  link_printing_of_decimals();
  return fprintf(stream, "%.*f", decimals, value);
}
/// Prints `value` in decimal digits.
static inline int print_integer(FILE *stream, intptr_t value) {
  return fprintf(stream, "%ld", (long)value);
}
/// Prints `value` as eight hexadecimal digits.
static inline int print_hexadecimal(FILE *stream, uint32_t value) {
  return fprintf(stream, "%08lx", (unsigned long)value);
}
/// Formats `value` with `decimals` digits behind the point into `text`, as snprintf("%.*f").
static inline int format_decimal(char *text, size_t capacity, double value, int decimals) {
  link_printing_of_decimals();
  return snprintf(text, capacity, "%.*f", decimals, value);
}

#if __has_include(<unistd.h>)
#include <unistd.h>
/// Whether a person sits at the other end of `stream`.
static inline _Bool is_terminal(FILE *stream) { return isatty(fileno(stream)) == 1; }
#endif

#if __has_include(<sys/stat.h>)
#include <sys/stat.h>
/// Whether `stream` is a terminal or another device without blocks, such as /dev/null.
static inline _Bool is_character_device(FILE *stream) {
  struct stat status;
  return fstat(fileno(stream), &status) == 0 && S_ISCHR(status.st_mode);
}
#endif

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
/// Fresh zeros from the system, or NULL.
static inline void *map_memory(size_t bytes) {
  void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return start == MAP_FAILED ? NULL : start;
}
#else
/// Fresh zeros from a megabyte that the linker lays out, or NULL.
static inline void *map_memory(size_t bytes) {
  static _Alignas(16) char room[1 << 20];
  static size_t used;
  if (bytes > sizeof room - used) return NULL;
  void *start = room + used;
  used += (bytes + 15) & ~(size_t)15;
  return start;
}
#endif

#if defined(__unix__) || defined(__APPLE__)
#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Makes getopt_long begin anew and leave complaints to its caller. glibc takes the index 0 for that.
static inline void getopt_restart(void) {
  optind = 0;
  opterr = 0;
}
static inline int getopt_index(void) { return optind; }
static inline const char *getopt_value(void) { return optarg; }
static inline void handle_signal_by_default(int number) { signal(number, SIG_DFL); }
/// Has `handler` called for a signal, unless the process was started to ignore it, as by nohup.
static inline void handle_signal_unless_ignored(int number, void (*handler)(int)) {
  if (signal(number, handler) == SIG_IGN) signal(number, SIG_IGN);
}

extern char **environ;
static inline char **process_environment(void) { return environ; }
static inline int last_error_number(void) { return errno; }
static inline void set_last_error_number(int number) { errno = number; }
/// The exit status of a waited-for process, or -1 if a signal ended it.
static inline int exit_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
}
static inline int is_directory(mode_t mode) { return S_ISDIR(mode); }
static inline int is_regular_file(mode_t mode) { return S_ISREG(mode); }
/// open(2) for writing a new file with mode 0666 as the umask allows.
static inline int create_exclusively(const char *path) {
  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}
static inline int open_for_reading(const char *path) { return open(path, O_RDONLY | O_CLOEXEC); }
static inline int open_for_writing(const char *path) { return open(path, O_WRONLY | O_CLOEXEC); }
static inline int is_symbolic_link(mode_t mode) { return S_ISLNK(mode); }
static inline const char *entry_name(const struct dirent *entry) { return entry->d_name; }

/// A pipe whose ends no other child process inherits: reads from `ends[0]`, writes to `ends[1]`.
static inline int open_pipe(int ends[2]) {
#if defined(__linux__) && defined(_GNU_SOURCE)
  return pipe2(ends, O_CLOEXEC);
#else
  if (pipe(ends) != 0) return -1;
  (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return 0;
#endif
}

/// Starts `arguments[0]`, found on PATH, with these three streams, no signal blocked, and SIGPIPE
/// as the system has it. Gives 0 or an error number.
static inline int start_program(pid_t *child, char *const arguments[], int input, int output,
                                int errors) {
  posix_spawn_file_actions_t streams;
  posix_spawnattr_t attributes;
  sigset_t none, pipe_only;
  int failure = posix_spawn_file_actions_init(&streams);
  if (failure != 0) return failure;
  failure = posix_spawnattr_init(&attributes);
  if (failure == 0) {
    sigemptyset(&none);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipe_only);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failure = posix_spawn_file_actions_adddup2(&streams, input, 0);
    if (failure == 0) failure = posix_spawn_file_actions_adddup2(&streams, output, 1);
    if (failure == 0) failure = posix_spawn_file_actions_adddup2(&streams, errors, 2);
    if (failure == 0) {
      failure = posix_spawnp(child, arguments[0], &streams, &attributes, arguments, environ);
    }
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&streams);
  return failure;
}

/// Lets every write beyond `bytes` fail with EFBIG rather than end the process; for tests.
/// Gives the limit that held before.
static inline uint64_t limit_file_size(uint64_t bytes) {
  struct rlimit limit;
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &limit);
  uint64_t before = (uint64_t)limit.rlim_cur;
  limit.rlim_cur = (rlim_t)bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
  return before;
}
#endif
#endif
