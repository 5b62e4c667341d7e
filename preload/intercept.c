/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of the C library that a preloaded library takes: what concerns a device node or
 * a descriptor of the model goes there, everything else to the host unchanged. A program
 * that makes system calls by itself, or is linked statically, is not reached.
 */
/* Fortified and 64-bit names are taken as names of their own below. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS

#include "files.h"
#include "host.h"
#include "memory.h"
#include "nodes.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* ---- The host's ---------------------------------------------------------------------- */

enum host_call {
	HOST_OPENAT,
	HOST_CLOSE,
	HOST_CLOSE_RANGE,
	HOST_DUP,
	HOST_DUP3,
	HOST_FCNTL,
	HOST_IOCTL,
	HOST_READ,
	HOST_WRITE,
	HOST_READV,
	HOST_WRITEV,
	HOST_MMAP,
	HOST_MUNMAP,
	HOST_CALLS
};

/* Found when they are first needed: a program's own constructors may come before ours. */
static void *host_function(enum host_call call)
{
	static const char *const name[HOST_CALLS] = {
		"openat64", "close", "close_range", "dup",    "dup3",   "fcntl64", "ioctl",
		"read",     "write", "readv",       "writev", "mmap64", "munmap",
	};
	static _Atomic(void *) found[HOST_CALLS];
	void *function = atomic_load_explicit(&found[call], memory_order_acquire);

	if (!function) {
		function = dlsym(RTLD_NEXT, name[call]);
		if (!function)
			abort(); /* no C library that this was made for */
		atomic_store_explicit(&found[call], function, memory_order_release);
	}
	return function;
}

/* ISO C has no conversion between pointers to objects and to functions; POSIX has. */
#define HOST(call, type) ((type)(uintptr_t)host_function(call))

int host_close(int number)
{
	return HOST(HOST_CLOSE, int (*)(int))(number);
}

ssize_t host_read(int number, void *buffer, size_t size)
{
	return HOST(HOST_READ, ssize_t(*)(int, void *, size_t))(number, buffer, size);
}

ssize_t host_write(int number, const void *buffer, size_t size)
{
	return HOST(HOST_WRITE, ssize_t(*)(int, const void *, size_t))(number, buffer, size);
}

void *host_mmap(void *address, size_t length, int protection, int flags, int number, off_t offset)
{
	return HOST(HOST_MMAP, void *(*)(void *, size_t, int, int, int, off_t))(
		address, length, protection, flags, number, offset);
}

int host_munmap(void *address, size_t length)
{
	return HOST(HOST_MUNMAP, int (*)(void *, size_t))(address, length);
}

static long answer(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

/* ---- Opening --------------------------------------------------------------------------- */

static int open_any(int directory, const char *path, int flags, mode_t mode)
{
	int number;

	if (path && nodes_have(path)) {
		number = nodes_open(path, flags);
		return (int)answer(number);
	}
	return HOST(HOST_OPENAT, int (*)(int, const char *, int, ...))(directory, path, flags,
								       mode);
}

/* The mode is there only where the flags ask for it. */
static mode_t mode_of(int flags, va_list arguments)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name)                                            \
	EXPORT int name(const char *path, int flags, ...)     \
	{                                                     \
		va_list arguments;                            \
		mode_t mode;                                  \
                                                              \
		va_start(arguments, flags);                   \
		mode = mode_of(flags, arguments);             \
		va_end(arguments);                            \
		return open_any(AT_FDCWD, path, flags, mode); \
	}

#define OPENAT(name)                                                     \
	EXPORT int name(int directory, const char *path, int flags, ...) \
	{                                                                \
		va_list arguments;                                       \
		mode_t mode;                                             \
                                                                         \
		va_start(arguments, flags);                              \
		mode = mode_of(flags, arguments);                        \
		va_end(arguments);                                       \
		return open_any(directory, path, flags, mode);           \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* What fortified programs call where no mode is needed. */
EXPORT int __open_2(const char *path, int flags);
EXPORT int __open64_2(const char *path, int flags);
EXPORT int __openat_2(int directory, const char *path, int flags);
EXPORT int __openat64_2(int directory, const char *path, int flags);

EXPORT int __open_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

EXPORT int __open64_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

EXPORT int __openat_2(int directory, const char *path, int flags)
{
	return open_any(directory, path, flags, 0);
}

EXPORT int __openat64_2(int directory, const char *path, int flags)
{
	return open_any(directory, path, flags, 0);
}

/* ---- Numbers ----------------------------------------------------------------------------- */

EXPORT int close(int number)
{
	if (files_have(number))
		files_close(number);
	return host_close(number);
}

EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	if (!(flags & (int)CLOSE_RANGE_CLOEXEC))
		files_close_range(first, last);
	return HOST(HOST_CLOSE_RANGE, int (*)(unsigned, unsigned, int))(first, last, flags);
}

EXPORT void closefrom(int first)
{
	(void)close_range(first < 0 ? 0 : (unsigned)first, ~0u, 0);
}

/* `copy` as the host gave it: it becomes the model's too, or is closed again. */
static int note_copy(int number, int copy)
{
	int status = copy >= 0 && files_have(number) ? files_dup(number, copy) : 0;

	if (status) {
		host_close(copy);
		return (int)answer(status);
	}
	return copy;
}

EXPORT int dup(int number)
{
	return note_copy(number, HOST(HOST_DUP, int (*)(int))(number));
}

/* dup2() and dup3() close what `copy` was. */
static int dup_to(int number, int copy, int flags)
{
	int result = HOST(HOST_DUP3, int (*)(int, int, int))(number, copy, flags);

	if (result >= 0 && files_have(copy))
		files_close(copy);
	return note_copy(number, result);
}

EXPORT int dup2(int number, int copy)
{
	/* The same number is not closed; dup3() refuses it. */
	if (number == copy)
		return fcntl(number, F_GETFD) < 0 ? -1 : copy;
	return dup_to(number, copy, 0);
}

EXPORT int dup3(int number, int copy, int flags)
{
	return dup_to(number, copy, flags);
}

static int fcntl_any(int number, int command, void *argument)
{
	int result = HOST(HOST_FCNTL, int (*)(int, int, ...))(number, command, argument);

	return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? note_copy(number, result)
								: result;
}

EXPORT int fcntl(int number, int command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return fcntl_any(number, command, argument);
}

EXPORT int fcntl64(int number, int command, ...);
EXPORT int fcntl64(int number, int command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return fcntl_any(number, command, argument);
}

/* ---- Calls on a descriptor ----------------------------------------------------------------- */

EXPORT int ioctl(int number, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (files_have(number))
		return (int)answer(files_ioctl(number, request, argument));
	return HOST(HOST_IOCTL, int (*)(int, unsigned long, ...))(number, request, argument);
}

EXPORT ssize_t read(int number, void *buffer, size_t size)
{
	return files_have(number) ? answer(files_read(number, buffer, size))
				  : host_read(number, buffer, size);
}

EXPORT ssize_t __read_chk(int number, void *buffer, size_t size, size_t room);
EXPORT ssize_t __read_chk(int number, void *buffer, size_t size, size_t room)
{
	if (size > room)
		abort();
	return read(number, buffer, size);
}

EXPORT ssize_t write(int number, const void *buffer, size_t size)
{
	return files_have(number) ? answer(files_write(number, buffer, size))
				  : host_write(number, buffer, size);
}

/* All parts in one piece, as a driver without an operation of its own has them one by one:
 * up to the first that is not filled. */
EXPORT ssize_t readv(int number, const struct iovec *part, int count)
{
	ssize_t sum = 0;

	if (!files_have(number))
		return HOST(HOST_READV, ssize_t(*)(int, const struct iovec *, int))(number, part,
										    count);
	for (int i = 0; i < count; i++) {
		ssize_t done = files_read(number, part[i].iov_base, part[i].iov_len);

		if (done < 0)
			return sum ? sum : answer(done);
		sum += done;
		if ((size_t)done < part[i].iov_len)
			break;
	}
	return sum;
}

EXPORT ssize_t writev(int number, const struct iovec *part, int count)
{
	ssize_t sum = 0;

	if (!files_have(number))
		return HOST(HOST_WRITEV, ssize_t(*)(int, const struct iovec *, int))(number, part,
										     count);
	for (int i = 0; i < count; i++) {
		ssize_t done = files_write(number, part[i].iov_base, part[i].iov_len);

		if (done < 0)
			return sum ? sum : answer(done);
		sum += done;
		if ((size_t)done < part[i].iov_len)
			break;
	}
	return sum;
}

/* ---- Memory ------------------------------------------------------------------------------- */

/*
 * Huge pages that the host has none of are made of small ones: the model does not look at
 * the size of the program's pages.
 */
static void *map_host(void *address, size_t length, int protection, int flags, int number,
		      off_t offset)
{
	void *memory = host_mmap(address, length, protection, flags, number, offset);
	const int huge = MAP_HUGETLB | (int)((unsigned)MAP_HUGE_MASK << MAP_HUGE_SHIFT);

	if (memory == MAP_FAILED && errno == ENOMEM && flags & MAP_HUGETLB)
		memory = host_mmap(address, length, protection, flags & ~huge, number, offset);
	return memory;
}

static void *map_any(void *address, size_t length, int protection, int flags, int number,
		     off_t offset)
{
	const struct file_mapping mapping = {length, protection, flags, (uint64_t)offset};
	void *memory;

	if (flags & MAP_ANONYMOUS || !files_have(number))
		return map_host(address, length, protection, flags, number, offset);
	/* The model chooses where. */
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	if (answer(files_map(number, &mapping, &memory)) < 0)
		return MAP_FAILED;
	return memory;
}

EXPORT void *mmap(void *address, size_t length, int protection, int flags, int number, off_t offset)
{
	return map_any(address, length, protection, flags, number, offset);
}

EXPORT void *mmap64(void *address, size_t length, int protection, int flags, int number,
		    off64_t offset)
{
	return map_any(address, length, protection, flags, number, offset);
}

EXPORT int munmap(void *address, size_t length)
{
	int status = host_munmap(address, length);

	if (status == 0)
		files_unmapped(address, length);
	return status;
}
