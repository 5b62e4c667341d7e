/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The size rules of every call, made from the table of calls: too short, just right, longer
 * with zeroes, longer with rubbish; reserved members and unknown flags (G1 to G3). And the
 * costs of the books at a hundred thousand mappings.
 */
#include "iofd_rig.h"

#include "model/iommufd/calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct iofd_rig rig;

/* As large as the largest structure, and some more. */
static unsigned char bytes[256];

static int open_rig(void **state)
{
	(void)state;
	iofd_rig_open(&rig);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	iofd_rig_close(&rig);
	return 0;
}

/* A call with a structure of zeroes of this size, and one byte behind it. */
static int sized(const struct iofd_call_entry *entry, uint32_t size, unsigned char behind)
{
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, &size, sizeof(size));
	if (behind)
		bytes[size - 1] = behind;
	return iommufd_call(rig.fd, &rig, entry->request, bytes);
}

/* The n-th call with a structure; NULL behind the last. */
static const struct iofd_call_entry *structured(unsigned *n)
{
	const struct iofd_call_entry *entry;

	while ((entry = iofd_call_table((*n)++)))
		if (entry->structure && entry->where != IOFD_ON_DEVICE)
			return entry;
	return NULL;
}

static void g2_too_short_is_einval(void **state)
{
	const struct iofd_call_entry *entry;

	(void)state;
	for (unsigned n = 0; (entry = structured(&n));) {
		assert_true(entry->minimum <= entry->size);
		for (uint32_t size = 0; size < entry->minimum; size++)
			assert_int_equal(sized(entry, size, 0), -EINVAL);
	}
	assert_int_equal(mock_ioas(&rig), 1);
}

/* What an argument of zeroes comes to does not depend on how long it is. */
static void g2_longer_with_zeroes_is_taken(void **state)
{
	const struct iofd_call_entry *entry;

	(void)state;
	for (unsigned n = 0; (entry = structured(&n));) {
		int status = sized(entry, entry->size, 0);

		assert_true(status != -E2BIG);
		assert_int_equal(sized(entry, entry->minimum, 0), status);
		assert_int_equal(sized(entry, entry->size + 1, 0), status);
		assert_int_equal(sized(entry, 200, 0), status);
	}
}

static void g2_longer_with_rubbish_is_e2big(void **state)
{
	const struct iofd_call_entry *entry;

	(void)state;
	for (unsigned n = 0; (entry = structured(&n));) {
		int status = sized(entry, entry->size, 0);

		/* VFIO leaves what is behind its structures alone. */
		if (entry->where == IOFD_ON_CONTAINER) {
			assert_int_equal(sized(entry, entry->size + 1, 1), status);
			continue;
		}
		assert_int_equal(sized(entry, entry->size + 1, 1), -E2BIG);
		assert_int_equal(sized(entry, 200, 0x80), -E2BIG);
	}
}

static void g3_reserved_members_and_unknown_flags_are_refused(void **state)
{
	const struct iofd_call_entry *entry;
	unsigned refused = 0;

	(void)state;
	for (unsigned n = 0; (entry = structured(&n));) {
		for (const struct iofd_member *m = entry->members; m->name; m++) {
			if (m->kind != IOFD_RESERVED && m->kind != IOFD_FLAGS)
				continue;
			for (unsigned bit = 0; bit < 8u * m->bytes; bit++) {
				uint32_t size = entry->size;

				if (m->known >> bit & 1)
					continue;
				memset(bytes, 0, sizeof(bytes));
				memcpy(bytes, &size, sizeof(size));
				bytes[m->offset + bit / 8] = (unsigned char)(1u << bit % 8);
				assert_int_equal(iommufd_call(rig.fd, &rig, entry->request, bytes),
						 -entry->unknown_error);
				refused++;
			}
		}
	}
	assert_true(refused > 100);
}

static void g1_holes_and_missing_arguments_are_refused(void **state)
{
	uint32_t size = 8;

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, &size, sizeof(size));
	assert_int_equal(iommufd_call(rig.fd, &rig, IOASIM_IOMMUFD_IOAS_ALLOC, NULL), -EFAULT);
	assert_int_equal(iommufd_call(rig.fd, &rig, IOASIM_VFIO_IOMMU_GET_INFO, NULL), -EFAULT);
	/* The number is a call's, its type is not. */
	assert_int_equal(iommufd_call(rig.fd, &rig, 0x3c81, bytes), -ENOTTY);
	/* Behind the last, and below the first: a container's, which has no such. */
	for (uint32_t n = 0x95; n < 0x100; n++)
		assert_int_equal(iommufd_call(rig.fd, &rig, IOASIM_IOMMUFD_CALL(n), bytes),
				 -ENOTTY);
	assert_int_equal(iommufd_call(rig.fd, &rig, IOASIM_IOMMUFD_CALL(0x7f), bytes), -ENOTTY);
	assert_int_equal(iommufd_call(rig.fd, &rig, IOASIM_VFIO_BIND_IOMMUFD, bytes), -ENOTTY);
}

static void every_call_has_its_number_once(void **state)
{
	const struct iofd_call_entry *entry, *other;

	(void)state;
	for (unsigned n = 0; (entry = iofd_call_table(n)); n++) {
		for (unsigned i = 0; i < n && (other = iofd_call_table(i)); i++)
			assert_int_not_equal(entry->request, other->request);
		for (const struct iofd_member *m = entry->members; m && m->name; m++)
			assert_true(m->offset >= 4 && m->offset + m->bytes <= entry->size);
	}
}

/* ---- Scale ------------------------------------------------------------------------------------ */

#define MANY 100000u

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A bound that a list would miss by far: 10^10 steps. */
static void u3_u4_a_hundred_thousand_mappings_are_no_burden(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	double began = seconds();
	uint64_t iova = 0, unmapped;

	(void)state;
	mock_bind(&rig, 2);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, ioas), 0);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, i % 8), MOCK_PAGE, &iova),
				 0);
		assert_int_equal(iova, (i + 1) * MOCK_PAGE);
	}
	for (unsigned i = 0; i < MANY; i++) {
		uint64_t at = (1 + (i * UINT64_C(7919)) % MANY) * MOCK_PAGE;

		assert_int_equal(mock_lookup(&rig, 2, at),
				 mock_address(&rig, (unsigned)((at / MOCK_PAGE - 1) % 8)));
		assert_int_equal(mock_unmap(&rig, ioas, at, MOCK_PAGE, &unmapped), 0);
		assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 8), MOCK_PAGE, at),
				 0);
		assert_int_equal(mock_unmap(&rig, ioas, at, MOCK_PAGE, &unmapped), 0);
	}
	assert_int_equal(mock_unmap(&rig, ioas, 0, UINT64_MAX, &unmapped), 0);
	assert_int_equal(unmapped, 0);
	assert_true(seconds() - began < 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
	const struct CMUnitTest tests[] = {
		TEST(g2_too_short_is_einval),
		TEST(g2_longer_with_zeroes_is_taken),
		TEST(g2_longer_with_rubbish_is_e2big),
		TEST(g3_reserved_members_and_unknown_flags_are_refused),
		TEST(g1_holes_and_missing_arguments_are_refused),
		TEST(every_call_has_its_number_once),
		TEST(u3_u4_a_hundred_thousand_mappings_are_no_burden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
