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

#define FEW      5000u
#define MANY     100000u
#define MEASURED 3000u

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Areas of one page, one behind the other, or with a hole of a page behind each. */
struct spread {
	uint32_t ioas;
	unsigned stride; /* 1, 2 */
};

static uint64_t area_iova(const struct spread *spread, uint64_t i)
{
	return (1 + i * spread->stride) * MOCK_PAGE;
}

/* Without holes its place is the one that is chosen. */
static void area_map(const struct spread *spread, unsigned i)
{
	uint64_t iova = 0, address = mock_address(&rig, i % 8);

	if (spread->stride == 1) {
		assert_int_equal(mock_map(&rig, spread->ioas, address, MOCK_PAGE, &iova), 0);
		assert_int_equal(iova, area_iova(spread, i));
		return;
	}
	assert_int_equal(
		mock_map_fixed(&rig, spread->ioas, address, MOCK_PAGE, area_iova(spread, i)), 0);
}

/* One of `count` areas is looked up, goes and comes back, while one of two pages, for which
 * no hole is large enough, comes and goes. */
static void area_change(const struct spread *spread, unsigned step, unsigned count)
{
	unsigned i = (unsigned)(step * UINT64_C(7919) % (count - 1));
	uint64_t large = 0, unmapped;

	assert_int_equal(mock_map(&rig, spread->ioas, mock_address(&rig, 0), 2 * MOCK_PAGE, &large),
			 0);
	assert_true(large > area_iova(spread, count - 1));
	assert_int_equal(mock_lookup(&rig, 2, area_iova(spread, i)), mock_address(&rig, i % 8));
	assert_int_equal(mock_unmap(&rig, spread->ioas, area_iova(spread, i), MOCK_PAGE, &unmapped),
			 0);
	area_map(spread, i);
	assert_int_equal(mock_unmap(&rig, spread->ioas, large, 2 * MOCK_PAGE, &unmapped), 0);
}

/* The least time of three rounds with `count` areas. */
static double changes_time(const struct spread *spread, unsigned from, unsigned count)
{
	double least = 1e9;

	for (unsigned i = from; i < count; i++)
		area_map(spread, i);
	for (unsigned round = 0; round < 3; round++) {
		double began = seconds(), took;

		for (unsigned step = 0; step < MEASURED; step++)
			area_change(spread, step, count);
		took = seconds() - began;
		least = took < least ? took : least;
	}
	return least;
}

/* Twenty times as many areas: a walk through them would cost twenty times as much, one
 * through a tree a third more, and what memory is slower. */
static void scale_check(unsigned stride)
{
	const struct spread spread = {mock_ioas(&rig), stride};
	double few, many;
	uint64_t unmapped;

	mock_bind(&rig, 2);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, spread.ioas), 0);
	few = changes_time(&spread, 0, FEW);
	many = changes_time(&spread, FEW, MANY);
	print_message("%u changes: %.4f s among %u areas, %.4f s among %u\n", MEASURED, few, FEW,
		      many, MANY);
	assert_true(many < 7 * few);
	assert_int_equal(mock_unmap(&rig, spread.ioas, 0, UINT64_MAX, &unmapped), 0);
	assert_int_equal(unmapped, MANY * MOCK_PAGE);
}

static void u3_u4_a_hundred_thousand_mappings_are_no_burden(void **state)
{
	(void)state;
	scale_check(1);
}

static void u3_a_hundred_thousand_holes_are_no_burden(void **state)
{
	(void)state;
	scale_check(2);
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
		TEST(u3_a_hundred_thousand_holes_are_no_burden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
