/* SPDX-License-Identifier: Apache-2.0 */
/* Which pages the AMD-Vi driver makes and splits, and which ranges and widths it refuses. */
#include "amdvi_driver_rig.h"

struct size_row {
	bool stage1, no_large_pages;
	uint64_t iova, pa, size;
	unsigned lg2; /* of the page that holds the first address */
};

static const struct size_row size_rows[] = {
	{false, false, 2 * G, 4 * G, G, 30},        {false, false, 2 * G, 4 * G, 2 * G, 31},
	{false, true, 2 * G, 4 * G, 4 * M, 12},     {false, false, 2 * G, 4 * G + 2 * M, G, 21},
	{false, false, 2 * G, 4 * G + 4096, M, 12}, {false, false, 2 * G, 4 * G, G - 4096, 29},
	{false, false, 2 * G, 4 * G, 3 * 4096, 13}, {true, false, 2 * G, 4 * G, G, 30},
	{true, false, 2 * G, 4 * G + 2 * M, G, 21}, {true, false, 2 * G, 4 * G, M, 12},
	{true, true, 2 * G, 4 * G, 2 * M, 12},
};

static void the_largest_page_that_fits_is_used(void **state)
{
	static struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(size_rows) / sizeof(size_rows[0]); i++) {
		const struct size_row *row = &size_rows[i];
		struct ioasim_response answer;
		struct domain *domain;

		rig_prepare(&rig);
		rig.config.stage1 = row->stage1;
		rig.config.no_large_pages = row->no_large_pages;
		rig_start(&rig);
		rig_device(&rig, RID);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, row->iova, row->pa, row->size, RW);
		answer = rig_dma(&rig, RID, NONE, row->iova + 8, IOASIM_WRITE);
		assert_int_equal(answer.outcome, IOASIM_OK);
		assert_int_equal(answer.pa, row->pa + 8);
		assert_int_equal(answer.size_lg2, row->lg2);
		answer = rig_dma(&rig, RID, NONE, row->iova + row->size - 1, IOASIM_READ);
		assert_int_equal(answer.pa, row->pa + row->size - 1);
		rig_end(&rig);
	}
}

/* ---- Splits, tables that come and go -------------------------------------------------- */

static unsigned page_size(struct rig *rig, uint64_t iova)
{
	struct ioasim_response answer = rig_dma(rig, RID, NONE, iova, IOASIM_READ);

	return answer.outcome == IOASIM_OK ? answer.size_lg2 : 0;
}

static void a_large_page_is_split_and_cached_ones_go(void **state)
{
	static struct rig rig;
	struct domain *domain;
	unsigned at;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, NONE, domain);
	rig_map(&rig, domain, G, 3 * G, G, IOASIM_READ);
	assert_int_equal(page_size(&rig, G + 5 * M), 30);
	rig.events = 0;
	rig_unmap(&rig, domain, G + 5 * M, 4096);
	/* The invalidation reaches all of the large page: zero at bit 29. */
	at = rig_find(&rig, 0, RIG_COMMAND, CMD_PAGES);
	assert_int_equal(rig.event[at].words[1], UINT64_C(0x5ffff003));
	assert_int_equal(page_size(&rig, G + 5 * M), 0);
	assert_int_equal(page_size(&rig, G + 5 * M + 4096), 12);
	assert_int_equal(page_size(&rig, G + 5 * M + 8192), 13);
	assert_int_equal(page_size(&rig, G + 6 * M), 21);
	assert_int_equal(page_size(&rig, G + 8 * M), 23);
	assert_reaches(&rig, RID, NONE, G + 6 * M + 7, IOASIM_READ, 3 * G + 6 * M + 7);
	assert_reaches(&rig, RID, NONE, G + 5 * M - 1, IOASIM_READ, 3 * G + 5 * M - 1);
	rig_end(&rig);
}

static void a_large_page_takes_the_place_of_an_empty_table(void **state)
{
	static struct rig rig;
	struct domain *domain;
	uint32_t used;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, NONE, domain);
	rig_map(&rig, domain, G, 3 * G, 4096, IOASIM_READ);
	assert_int_equal(page_size(&rig, G), 12); /* the pointers are cached now */
	rig_unmap(&rig, domain, G, 4096);
	used = rig_pages_used(&rig);
	rig_map(&rig, domain, G, 3 * G, 2 * M, IOASIM_READ);
	assert_int_equal(page_size(&rig, G), 21);
	assert_int_equal(rig_pages_used(&rig), used - 1);
	rig_unmap(&rig, domain, G, 2 * M);
	rig_map(&rig, domain, G, 3 * G, G, IOASIM_READ);
	assert_int_equal(page_size(&rig, G), 30);
	assert_int_equal(rig_pages_used(&rig), used - 2);
	rig_end(&rig);
}

/* ---- Refusals ---------------------------------------------------------------------------- */

static void ranges_that_cannot_be_are_refused(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		uint64_t unmapped, top = UINT64_C(1) << (48 - stage1);
		struct domain *domain, *identity;
		const struct driver_ops *ops;

		rig_prepare(&rig);
		*rig_capability(&rig, AMDVI_CAPABILITY_PA_BITS) = 44;
		rig.config.stage1 = stage1;
		rig_start(&rig);
		ops = rig.ops;
		domain = rig_domain(&rig, DOMAIN_KERNEL, 48);
		identity = rig_domain(&rig, DOMAIN_IDENTITY, 0);
		assert_int_equal(ops->map(rig.driver, domain, 0, 0, 0, 1), -EINVAL);
		assert_int_equal(ops->map(rig.driver, domain, 1, 0, 4096, 1), -EINVAL);
		assert_int_equal(ops->map(rig.driver, domain, 0, 0, 4096, 0), -EINVAL);
		assert_int_equal(ops->map(rig.driver, domain, 0, 0, 4096, IOASIM_EXEC), -EINVAL);
		assert_int_equal(ops->map(rig.driver, domain, top, 0, 4096, 1), -ERANGE);
		assert_int_equal(ops->map(rig.driver, domain, top - 4096, 0, 8192, 1), -ERANGE);
		/* PAsize of the capability block. */
		assert_int_equal(ops->map(rig.driver, domain, 0, UINT64_C(1) << 44, 4096, 1),
				 -EINVAL);
		assert_int_equal(
			ops->map(rig.driver, domain, 0, (UINT64_C(1) << 44) - 4096, 4096, 1), 0);
		assert_int_equal(ops->map(rig.driver, identity, 0, 0, 4096, 1), -EINVAL);
		assert_int_equal(ops->unmap(rig.driver, identity, 0, 4096, &unmapped), -EINVAL);
		assert_int_equal(ops->unmap(rig.driver, domain, top, 4096, &unmapped), 0);
		assert_int_equal(unmapped, 0);
		assert_int_equal(ops->map(rig.driver, domain, top - 4096, 0, 4096, 1), 0);
		rig_end(&rig);
	}
}

/* The widths that units have: HATS and GATS. */
static void widths_beyond_the_unit_are_refused(void **state)
{
	static const struct {
		bool stage1;
		unsigned hats, gats, bits;
		int error;
	} rows[] = {
		{false, 0, 1, 48, 0},
		{false, 0, 1, 49, -ENOTSUP},
		{false, 1, 1, 57, 0},
		{false, 1, 1, 58, -ENOTSUP},
		{false, 2, 1, 64, 0},
		{false, 2, 1, 65, -ENOTSUP},
		{false, 2, 1, 12, -EINVAL},
		{false, 2, 1, 13, 0},
		{true, 2, 1, 57, 0},
		{true, 2, 1, 58, -ENOTSUP},
		{true, 2, 0, 49, -ENOTSUP},
		{true, 2, 0, 48, 0},
		{true, 2, 0, 12, -EINVAL},
		/* No host translation: guest tables whatever is asked. */
		{false, 3, 1, 57, 0},
		{false, 3, 0, 57, -ENOTSUP},
	};
	static struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct domain_config config = {.kind = DOMAIN_KERNEL, .address_bits = rows[i].bits};
		struct domain *domain;

		rig_prepare(&rig);
		field_set(rig_efr(&rig), AMDVI_EFR_HATS, rows[i].hats);
		field_set(rig_efr(&rig), AMDVI_EFR_GATS, rows[i].gats);
		rig.config.stage1 = rows[i].stage1;
		rig_start(&rig);
		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain),
				 rows[i].error);
		rig_end(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_page_that_fits_is_used),
		cmocka_unit_test(a_large_page_is_split_and_cached_ones_go),
		cmocka_unit_test(a_large_page_takes_the_place_of_an_empty_table),
		cmocka_unit_test(ranges_that_cannot_be_are_refused),
		cmocka_unit_test(widths_beyond_the_unit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
