/* SPDX-License-Identifier: Apache-2.0 */
#include "host_memory.h"

#include "memory.h"

static int judge(struct iommufd_host *host, uint64_t address, uint64_t bytes, bool write)
{
	(void)host;
	return memory_hold(address, bytes, write);
}

struct iommufd_host *host_memory(void)
{
	static struct iommufd_host host = {.judge = judge};

	return &host;
}

uint64_t host_memory_pins(uint64_t address)
{
	return iommufd_host_pins(host_memory(), address);
}
