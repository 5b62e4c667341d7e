/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <unistd.h>

/* Numbers above have no place in the table and cannot become the model's. */
#define NUMBERS (1u << 20)

struct file {
	LIST_ENTRY(file) link;
	const struct file_ops *ops;
	void *state;
	unsigned numbers; /* that name it */
	int signal; /* one of them, of the event counter */
	bool raised; /* the counter is not 0 */
};

/* What files_map() gave out. */
struct area {
	LIST_ENTRY(area) link;
	struct file *file;
	void *address;
	struct file_mapping mapping;
};

/*
 * The state of the library, which has no caller to keep it. By number, in memory that the
 * host gives as it is touched.
 */
static _Atomic(struct file *) *_Atomic table;
static LIST_HEAD(, file) all = LIST_HEAD_INITIALIZER(all);
static LIST_HEAD(, area) areas = LIST_HEAD_INITIALIZER(areas);
static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void files_lock(void)
{
	pthread_mutex_lock(&mutex);
}

void files_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

/* A child has the thread that forked alone, under another name: the lock is made anew. */
static void unlock_child(void)
{
	mutex = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
}

__attribute__((constructor)) static void begin(void)
{
	pthread_atfork(files_lock, files_unlock, unlock_child);
}

/* ---- The table --------------------------------------------------------------------- */

static struct file *file_at(int number)
{
	_Atomic(struct file *) *place = atomic_load_explicit(&table, memory_order_acquire);

	return place && number >= 0 && (unsigned)number < NUMBERS
		       ? atomic_load_explicit(&place[number], memory_order_acquire)
		       : NULL;
}

bool files_have(int number)
{
	return file_at(number) != NULL;
}

static void put(int number, struct file *file)
{
	atomic_store_explicit(&table[number], file, memory_order_release);
}

static int make_table(void)
{
	void *memory;

	if (table)
		return 0;
	memory = host_mmap(NULL, NUMBERS * sizeof(*table), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	atomic_store_explicit(&table, memory, memory_order_release);
	return 0;
}

void *files_state(int number, const struct file_ops *ops)
{
	struct file *file;
	void *state;

	files_lock();
	file = file_at(number);
	state = file && file->ops == ops ? file->state : NULL;
	files_unlock();
	return state;
}

/* ---- Numbers ----------------------------------------------------------------------- */

int files_open(const struct file_ops *ops, void *state, int flags)
{
	struct file *file = calloc(1, sizeof(*file));
	int number, status;

	files_lock();
	status = file ? make_table() : -ENOMEM;
	number = status ? status : eventfd(0, EFD_NONBLOCK | (flags & O_CLOEXEC ? EFD_CLOEXEC : 0));
	if (number < 0 && !status)
		status = -errno;
	if (number >= (int)NUMBERS) {
		host_close(number);
		status = -EMFILE;
	}
	if (status) {
		free(file);
	} else {
		*file = (struct file){.ops = ops, .state = state, .numbers = 1, .signal = number};
		LIST_INSERT_HEAD(&all, file, link);
		put(number, file);
	}
	files_unlock();
	return status ? status : number;
}

int files_dup(int number, int copy)
{
	struct file *file;
	int status = 0;

	files_lock();
	file = file_at(number);
	if (file && (unsigned)copy < NUMBERS) {
		file->numbers++;
		put(copy, file);
	} else if (file) {
		status = -EMFILE;
	}
	files_unlock();
	return status;
}

/* A number that still names the file's event counter. */
static int other_number(const struct file *file)
{
	for (int number = 0; number < (int)NUMBERS; number++)
		if (file_at(number) == file)
			return number;
	return -1;
}

static void release(struct file *file)
{
	struct area *area, *next;

	for (area = LIST_FIRST(&areas); area; area = next) {
		next = LIST_NEXT(area, link);
		if (area->file == file) /* a mapping keeps what it shows */
			return;
	}
	LIST_REMOVE(file, link);
	if (file->ops->release)
		file->ops->release(file->state);
	free(file);
}

static void update_signals(void);

void files_close(int number)
{
	struct file *file;

	files_lock();
	file = file_at(number);
	if (file) {
		put(number, NULL);
		if (--file->numbers == 0)
			release(file);
		else if (file->signal == number)
			file->signal = other_number(file);
		update_signals();
	}
	files_unlock();
}

void files_close_range(unsigned first, unsigned last)
{
	if (!table || first >= NUMBERS)
		return;
	if (last >= NUMBERS)
		last = NUMBERS - 1;
	/* Numbers above the highest open one were never touched: look at files instead. */
	files_lock();
	for (unsigned number = first; number <= last && !LIST_EMPTY(&all); number++)
		if (files_have((int)number))
			files_close((int)number);
	files_unlock();
}

/* ---- Readiness --------------------------------------------------------------------- */

/* poll() and its relatives are the host's: the counter says what the model would. */
static void update_signals(void)
{
	struct file *file;

	LIST_FOREACH (file, &all, link) {
		bool readable =
			file->numbers && file->ops->readable && file->ops->readable(file->state);
		uint64_t count = 1;

		if (readable == file->raised || file->signal < 0)
			continue;
		if (readable)
			(void)!host_write(file->signal, &count, sizeof(count));
		else
			(void)!host_read(file->signal, &count, sizeof(count));
		file->raised = readable;
	}
}

/* ---- Calls ------------------------------------------------------------------------- */

long files_ioctl(int number, unsigned long request, void *argument)
{
	struct file *file;
	long result = -EBADF;

	files_lock();
	file = file_at(number);
	if (file)
		result = file->ops->ioctl ? file->ops->ioctl(file->state, request, argument)
					  : -ENOTTY;
	update_signals();
	files_unlock();
	return result;
}

ssize_t files_read(int number, void *buffer, size_t size)
{
	struct file *file;
	ssize_t result = -EBADF;

	files_lock();
	file = file_at(number);
	if (file)
		result = file->ops->read ? file->ops->read(file->state, buffer, size) : -EINVAL;
	update_signals();
	files_unlock();
	return result;
}

ssize_t files_write(int number, const void *buffer, size_t size)
{
	struct file *file;
	ssize_t result = -EBADF;

	files_lock();
	file = file_at(number);
	if (file)
		result = file->ops->write ? file->ops->write(file->state, buffer, size) : -EINVAL;
	update_signals();
	files_unlock();
	return result;
}

/* ---- Mappings ---------------------------------------------------------------------- */

int files_map(int number, const struct file_mapping *mapping, void **address)
{
	struct area *area = calloc(1, sizeof(*area));
	struct file *file;
	int status = -EBADF;

	files_lock();
	file = file_at(number);
	if (!area)
		status = -ENOMEM;
	else if (file)
		status = file->ops->map ? file->ops->map(file->state, mapping, address) : -ENODEV;
	if (status == 0) {
		*area = (struct area){.file = file, .address = *address, .mapping = *mapping};
		LIST_INSERT_HEAD(&areas, area, link);
	} else {
		free(area);
	}
	files_unlock();
	return status;
}

/* What is cut out of the middle of an area ends it: the models' areas are one page. */
void files_unmapped(void *address, size_t length)
{
	struct area *area, *next;

	files_lock();
	for (area = LIST_FIRST(&areas); area; area = next) {
		struct file *file = area->file;

		next = LIST_NEXT(area, link);
		if ((char *)area->address >= (char *)address + length ||
		    (char *)address >= (char *)area->address + area->mapping.length)
			continue;
		LIST_REMOVE(area, link);
		file->ops->unmapped(file->state, &area->mapping);
		free(area);
		if (!file->numbers)
			release(file);
	}
	files_unlock();
}
