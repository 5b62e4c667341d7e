/* SPDX-License-Identifier: Apache-2.0 */
/* Page requests through the AMD-Vi driver: log, responses, what becomes of them. */
#include "amdvi_driver_rig.h"

/* ---- Page requests --------------------------------------------------------------------------- */

static void page_ask(struct rig *rig, uint32_t rid, uint32_t pasid, uint16_t group, bool queued)
{
	struct ioasim_page_request request = {
		.requester_id = rid,
		.pasid = pasid == NONE ? 0 : pasid,
		.has_pasid = pasid != NONE,
		.address = IOVA + group * UINT64_C(4096),
		.group = group,
		.access = IOASIM_READ,
		.last = true,
	};
	struct ioasim_page_request_result result;

	ioasim_page_request(rig->unit, &request, &result);
	assert_int_equal(result.queued, queued);
}

static void page_requests_come_through_the_log(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct ioasim_page_response response = {.requester_id = RID, .has_pasid = true};
	struct domain *domain;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, 0xfedcb, domain);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	/* Three times round the log of 512. */
	for (unsigned i = 0; i < 1600; i++) {
		page_ask(&rig, RID, 0xfedcb, (uint16_t)(i % 512), true);
		assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
		assert_int_equal(request.requester_id, RID);
		assert_true(request.has_pasid && request.last && !request.privileged);
		assert_int_equal(request.pasid, 0xfedcb);
		assert_int_equal(request.address, IOVA + i % 512 * 4096);
		assert_int_equal(request.group, i % 512);
		assert_int_equal(request.access, IOASIM_READ);
	}
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	assert_int_equal(rig_register(&rig, 0x2020) & 0x60, 0); /* PPRInt, PPROverflow */
	/* PASID in 51:32; GN; tag 47:32: status and group. */
	response.pasid = 0xfedcb;
	response.group = 0x155;
	response.code = IOASIM_PAGE_INVALID;
	rig.events = 0;
	assert_int_equal(rig.ops->page_response(rig.driver, &response), 0);
	EXPECT(&rig, {{UINT64_C(0x700fedcb00000110), UINT64_C(0x115500000004)}}, WAIT);
	response.has_pasid = false;
	response.code = IOASIM_PAGE_FAILURE;
	assert_int_equal(rig.ops->page_response(rig.driver, &response), 0);
	EXPECT(&rig, {{UINT64_C(0x7000000000000110), UINT64_C(0xf15500000000)}}, WAIT);
	rig_end(&rig);

	rig_prepare(&rig);
	field_set(rig_efr(&rig), AMDVI_EFR_PPR_SUP, 0);
	field_set(rig_efr(&rig), AMDVI_EFR_PPR_AUTO_RSP_SUP, 0);
	field_set(rig_efr(&rig), AMDVI_EFR_EPH_SUP, 0);
	rig_start(&rig);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	assert_int_equal(rig.ops->page_response(rig.driver, &response), -ENOTSUP);
	rig_end(&rig);
}

/* T15: what the route asked is answered Invalid when it ends, once and behind its
 * invalidations; others stay. */
static void the_end_of_a_route_drains_its_requests(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct domain *domain;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	rig_device(&rig, RID2);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, 1, domain);
	rig_attach(&rig, RID, 2, domain);
	rig_attach(&rig, RID, NONE, domain);
	rig_attach(&rig, RID2, 1, domain);
	page_ask(&rig, RID, 1, 10, true);
	page_ask(&rig, RID, 2, 11, true);
	page_ask(&rig, RID, 1, 12, true);
	page_ask(&rig, RID, NONE, 13, true);
	page_ask(&rig, RID2, 1, 14, true);
	rig.events = 0;
	rig_detach(&rig, RID, 1);
	assert_int_equal(rig_count(&rig, RIG_RESPONSE, 0), 2);
	at = rig_find(&rig, 0, RIG_ATC, 0);
	at = rig_find(&rig, at, RIG_COMMAND, CMD_WAIT);
	at = rig_find(&rig, at, RIG_RESPONSE, 0);
	assert_int_equal(rig.event[at].response.group, 10);
	assert_int_equal(rig.event[at].response.code, IOASIM_PAGE_INVALID);
	assert_true(rig.event[at].response.has_pasid && rig.event[at].response.pasid == 1);
	for (unsigned i = 0; i < 3; i++) {
		static const uint16_t left[] = {11, 13, 14};

		assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
		assert_int_equal(request.group, left[i]);
	}
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);

	/* Overflow: 511 stored, the rest lost; the log runs again when it is empty. */
	for (unsigned i = 0; i < 511; i++)
		page_ask(&rig, RID, 2, (uint16_t)i, true);
	page_ask(&rig, RID, 2, 200, false);
	assert_int_equal(rig_register(&rig, 0x2020) & 0xa0, 0x20); /* PPROverflow, not running */
	rig_detach(&rig, RID, 2);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	assert_int_equal(rig_register(&rig, 0x2020) & 0xa0, 0x80);
	rig_attach(&rig, RID, 2, domain);
	page_ask(&rig, RID, 2, 201, true);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
	assert_int_equal(request.group, 201);
	rig_end(&rig);
}

/* A user's GCR3 table has all PASIDs of its device. */
static void the_end_of_a_users_route_drains_all_pasids(void **state)
{
	static struct rig rig;
	struct domain_config config = {.kind = DOMAIN_NESTED_PASID, .root = 0x8000};
	struct ioasim_page_request request;
	struct domain *nested;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_device(&rig, RID);
	config.parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), 0);
	rig_attach(&rig, RID, NONE, nested);
	page_ask(&rig, RID, NONE, 1, true);
	page_ask(&rig, RID, 5, 2, true);
	page_ask(&rig, RID, 6, 3, true);
	rig.events = 0;
	rig_detach(&rig, RID, NONE);
	assert_int_equal(rig_count(&rig, RIG_RESPONSE, 0), 3);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	page_ask(&rig, RID, 5, 4, false);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_requests_come_through_the_log),
		cmocka_unit_test(the_end_of_a_route_drains_its_requests),
		cmocka_unit_test(the_end_of_a_users_route_drains_all_pasids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
