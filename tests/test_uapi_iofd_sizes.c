/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The size rules of a device's own calls, from the table of calls, on the three
 * architectures: too short, just right, longer with zeroes, longer with rubbish (G2). Those
 * on an iommufd are in test_uapi_iofd_calls.c.
 */
#include "iofd_flow.h"

#include "model/iommufd/calls.h"

#include <string.h>

/* As large as the largest structure, and some more. */
static unsigned char bytes[64];

/* The n-th call of a device; NULL behind the last. */
static const struct iofd_call_entry *of_device(unsigned *n)
{
	const struct iofd_call_entry *entry;

	while ((entry = iofd_call_table((*n)++)))
		if (entry->where == IOFD_ON_DEVICE)
			return entry;
	return NULL;
}

/* A structure of zeroes of this size, and one byte at its end. */
static int sized(const struct iflow *i, unsigned device, const struct iofd_call_entry *entry,
		 uint32_t size, unsigned char behind)
{
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, &size, sizeof(size));
	if (behind)
		bytes[size - 1] = behind;
	return iflow_device_call(i, device, entry->request, bytes);
}

static void g2_too_short_is_einval(void **state)
{
	struct iflow i = iflow_open(*state);
	unsigned device = iflow_pdev(&i, 0x28, 0, 0), calls = 0;
	const struct iofd_call_entry *entry;

	for (unsigned n = 0; (entry = of_device(&n)); calls++)
		for (uint32_t size = 0; size < entry->minimum; size++)
			assert_int_equal(sized(&i, device, entry, size, 0), EINVAL);
	assert_int_equal(calls, 3);
}

/* Zeroes: descriptor 0 is the native one; page table 0 is none; nothing is detached. */
static int of_zeroes(uint32_t request)
{
	switch (request) {
	case IOASIM_VFIO_BIND_IOMMUFD:
		return EBADFD;
	case IOASIM_VFIO_ATTACH_IOMMUFD_PT:
		return ENOENT;
	default:
		return 0;
	}
}

/* Behind BIND's structure are zeroes; ATTACH and DETACH leave alone what is behind theirs. */
static void g2_what_is_behind_matters_to_bind_alone(void **state)
{
	struct flow *flow = *state;
	struct iflow i = iflow_open(flow);
	struct ioasim_device_config config = {.requester_id = 0x30,
					      .parent = IOASIM_NO_DEVICE,
					      .pf = IOASIM_NO_DEVICE,
					      .group = IOASIM_GROUP_OWN};
	unsigned bound = iflow_pdev(&i, 0x28, 0, 0), free_one = iflow_add(&i, &config);
	const struct iofd_call_entry *entry;

	assert_int_equal(flow->fd, 0);
	for (unsigned n = 0; (entry = of_device(&n));) {
		unsigned device = entry->request == IOASIM_VFIO_BIND_IOMMUFD ? free_one : bound;
		int expected = of_zeroes(entry->request), rubbish = expected;

		if (entry->request == IOASIM_VFIO_BIND_IOMMUFD)
			rubbish = E2BIG;

		assert_int_equal(sized(&i, device, entry, entry->minimum, 0), expected);
		assert_int_equal(sized(&i, device, entry, entry->size, 0), expected);
		assert_int_equal(sized(&i, device, entry, entry->size + 1, 0), expected);
		assert_int_equal(sized(&i, device, entry, sizeof(bytes), 0), expected);
		assert_int_equal(sized(&i, device, entry, entry->size + 1, 1), rubbish);
		assert_int_equal(sized(&i, device, entry, sizeof(bytes), 0x80), rubbish);
	}
}

/* The minimum ends in front of the PASID, which its flag asks for. */
static void g2_u9_a_pasid_that_is_not_in_the_structure_is_einval(void **state)
{
	struct iflow i = iflow_open(*state);
	unsigned device = iflow_pdev(&i, 0x28, 0, 16);
	uint32_t ioas = iflow_ioas(&i), hwpt;
	struct ioasim_vfio_attach attach = {.flags = IOASIM_VFIO_ATTACH_PASID};
	struct ioasim_vfio_detach detach = {.flags = IOASIM_VFIO_ATTACH_PASID, .pasid = 0};

	assert_int_equal(iflow_hwpt(&i, device, ioas, IOASIM_IOMMUFD_HWPT_PASID, &hwpt), 0);
	attach.pt_id = hwpt;
	attach.pasid = 3;
	for (attach.argsz = 12; attach.argsz < sizeof(attach); attach.argsz++)
		assert_int_equal(iflow_device_call(&i, device, IOASIM_VFIO_ATTACH_IOMMUFD_PT,
						   &attach),
				 EINVAL);
	for (detach.argsz = 8; detach.argsz < sizeof(detach); detach.argsz++)
		assert_int_equal(iflow_device_call(&i, device, IOASIM_VFIO_DETACH_IOMMUFD_PT,
						   &detach),
				 EINVAL);
	assert_int_equal(iflow_device_call(&i, device, IOASIM_VFIO_ATTACH_IOMMUFD_PT, &attach), 0);
	assert_int_equal(iflow_device_call(&i, device, IOASIM_VFIO_DETACH_IOMMUFD_PT, &detach), 0);
}

static void g3_unknown_flags_are_einval(void **state)
{
	struct iflow i = iflow_open(*state);
	unsigned device = iflow_pdev(&i, 0x28, 0, 0), refused = 0;
	const struct iofd_call_entry *entry;

	for (unsigned n = 0; (entry = of_device(&n));) {
		for (const struct iofd_member *m = entry->members; m->name; m++) {
			for (unsigned bit = 0; m->kind == IOFD_FLAGS && bit < 8u * m->bytes;
			     bit++) {
				uint32_t size = entry->size;

				if (m->known >> bit & 1)
					continue;
				memset(bytes, 0, sizeof(bytes));
				memcpy(bytes, &size, sizeof(size));
				bytes[m->offset + bit / 8] = (unsigned char)(1u << bit % 8);
				assert_int_equal(iflow_device_call(&i, device, entry->request,
								   bytes),
						 EINVAL);
				refused++;
			}
		}
	}
	assert_int_equal(refused, 3 * 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(g2_too_short_is_einval),
		FLOW_TESTS(g2_what_is_behind_matters_to_bind_alone),
		FLOW_TESTS(g2_u9_a_pasid_that_is_not_in_the_structure_is_einval),
		FLOW_TESTS(g3_unknown_flags_are_einval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
