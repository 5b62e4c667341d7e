/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors of the program that belong to the model. Each is a real descriptor of the
 * host, of an event counter, so that its number is taken, dup() and poll() of the host do
 * what they do, and a select loop needs nothing of ours; what is read, written, mapped and
 * asked by ioctl goes to the model instead.
 *
 * All functions lock by themselves, and hold the lock while they call an operation: the
 * model is used by one thread at a time. A child after fork() has a copy of the model.
 */
#ifndef PRELOAD_FILES_H
#define PRELOAD_FILES_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct file;

/* A mapping that a program asks for. */
struct file_mapping {
	size_t length;
	int protection, flags;
	uint64_t offset;
};

/*
 * What a descriptor does. Each returns what the call returns, or -errno. Operations that
 * are NULL give what a descriptor without them gives: ENOTTY, EINVAL, ENODEV.
 */
struct file_ops {
	long (*ioctl)(void *state, unsigned long request, void *argument);
	ssize_t (*read)(void *state, void *buffer, size_t size);
	ssize_t (*write)(void *state, const void *buffer, size_t size);
	/* Is there something to read? Asked after each operation on any descriptor. */
	bool (*readable)(void *state);
	/* 0 with the memory of a new mapping in *address; unmapped() when it has gone. */
	int (*map)(void *state, const struct file_mapping *mapping, void **address);
	void (*unmapped)(void *state, const struct file_mapping *mapping);
	/* The last number that named it has been closed. */
	void (*release)(void *state);
};

/* A new descriptor: its number, or -errno; then `state` is the caller's still. May be
 * called by an operation. `flags`: O_CLOEXEC or 0. */
int files_open(const struct file_ops *ops, void *state, int flags);

/* The state behind a number with these operations, for operations that name another
 * descriptor in their arguments; NULL: none, or of another kind. */
void *files_state(int number, const struct file_ops *ops);

/* Does the number belong to the model? Without a lock: one load. */
bool files_have(int number);

/* The calls of a program on a number that the model has. -EBADF: no longer. */
long files_ioctl(int number, unsigned long request, void *argument);
ssize_t files_read(int number, void *buffer, size_t size);
ssize_t files_write(int number, const void *buffer, size_t size);
int files_map(int number, const struct file_mapping *mapping, void **address);
/* A range that may hold mappings of files has been unmapped. */
void files_unmapped(void *address, size_t length);

/* `copy` is now another number of the same; a number is about to be closed. */
int files_dup(int number, int copy);
void files_close(int number);
/* The same for all from `first` to `last`. */
void files_close_range(unsigned first, unsigned last);

/* Serialises what is not an operation on a descriptor, such as opening one. */
void files_lock(void);
void files_unlock(void);

#endif
