/* SPDX-License-Identifier: Apache-2.0 */
#include "bounce.h"

#include "memory.h"

#include <errno.h>
#include <ioasim/iommufd.h>
#include <stdlib.h>
#include <string.h>

/* A structure of a call is no longer than a page. */
#define ARGUMENT_MOST 4096u

/* More than a queue gives at once; what is over the last whole record still counts. */
#define MOST          (1u << 18)
#define RECORD        40u /* of faults; events have no such rule */
#define MOST_OF(size) ((size) <= MOST ? (size) : MOST / RECORD * RECORD + (size) % RECORD)

/* Calls whose argument is a number. */
static bool takes_number(unsigned long request)
{
	return request == IOASIM_VFIO_GET_API_VERSION || request == IOASIM_VFIO_CHECK_EXTENSION ||
	       request == IOASIM_VFIO_SET_IOMMU;
}

long bounce_call(bounce_call_fn *call, void *state, unsigned long request, void *argument)
{
	const uint64_t address = (uint64_t)(uintptr_t)argument;
	_Alignas(8) unsigned char own[ARGUMENT_MOST] = {0}, before[ARGUMENT_MOST];
	uint32_t size;
	long result;

	if (request > UINT32_MAX)
		return -ENOTTY;
	if (takes_number(request))
		return call(state, (uint32_t)request, argument);
	/* Whether there is such a call comes before its argument. */
	result = call(state, (uint32_t)request, NULL);
	if (result != -EFAULT)
		return result;
	if (memory_read(&size, address, sizeof(size)))
		return -EFAULT;
	if (size > sizeof(own))
		return -E2BIG;
	memcpy(own, &size, sizeof(size));
	if (size > sizeof(size) && memory_read(own, address, size))
		return -EFAULT;
	memcpy(before, own, size);
	result = call(state, (uint32_t)request, own);
	if (memcmp(before, own, size) && memory_write(address, own, size) && result >= 0)
		return -EFAULT;
	return result;
}

ssize_t bounce_read(bounce_read_fn *read, void *state, bool ready, void *buffer, size_t size)
{
	const uint64_t address = (uint64_t)(uintptr_t)buffer;
	size_t taken = MOST_OF(size);
	unsigned char *own;
	int64_t result;

	if (ready && size && memory_hold(address, taken, true))
		return -EFAULT;
	own = malloc(taken ? taken : 1);
	if (!own)
		return -ENOMEM;
	result = read(state, own, taken);
	if (result > 0 && memory_write(address, own, (size_t)result))
		result = -EFAULT;
	free(own);
	return (ssize_t)result;
}

ssize_t bounce_write(bounce_write_fn *write, void *state, const void *buffer, size_t size)
{
	size_t taken = MOST_OF(size);
	unsigned char *own = malloc(taken ? taken : 1);
	int64_t result = -ENOMEM;

	if (own && memory_read(own, (uint64_t)(uintptr_t)buffer, taken))
		result = -EFAULT;
	else if (own)
		result = write(state, own, taken);
	free(own);
	return (ssize_t)result;
}
