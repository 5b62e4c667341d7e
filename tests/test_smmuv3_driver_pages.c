/* SPDX-License-Identifier: Apache-2.0 */
/* Page requests through the SMMUv3 driver: the ring, its overflow, responses, and what
 * the end of a route does. */
#include "driver_words_smmu.h"

static bool page_ask(struct rig *rig, uint32_t pasid, uint64_t address, uint16_t group)
{
	struct ioasim_page_request request = {
		.requester_id = RID,
		.pasid = pasid == NONE ? 0 : pasid,
		.has_pasid = pasid != NONE,
		.address = address,
		.group = group,
		.access = IOASIM_READ,
		.last = true,
	};
	struct ioasim_page_request_result result;

	ioasim_page_request(rig->unit, &request, &result);
	return result.queued;
}

static void page_requests_come_through_the_ring(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct ioasim_page_response response = {.requester_id = RID, .has_pasid = true};
	/* Resp 2 success, 1 invalid, 0 failure. */
	static const struct {
		uint8_t code;
		uint64_t resp;
	} codes[] = {{0, 2}, {1, 1}, {15, 0}};
	struct domain *domain;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, 9, domain);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	/* Twice round the ring of 256. */
	for (unsigned i = 0; i < 600; i++) {
		assert_true(page_ask(&rig, i & 1 ? 9 : NONE, IOVA + i * 4096, (uint16_t)(i % 512)));
		assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
		assert_int_equal(request.requester_id, RID);
		assert_int_equal(request.has_pasid, i & 1);
		assert_int_equal(request.pasid, i & 1 ? 9 : 0);
		assert_int_equal(request.address, IOVA + i * 4096);
		assert_int_equal(request.group, i % 512);
		assert_int_equal(request.access, IOASIM_READ);
		assert_true(request.last);
	}
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	response.pasid = 9;
	response.group = 0x155;
	for (unsigned i = 0; i < 3; i++) {
		struct command expected[] = {
			{0x41 | SSV | SSID(9) | SID, 0x155 | codes[i].resp << 12}, SYNC};

		rig.events = 0;
		response.code = codes[i].code;
		assert_int_equal(rig.ops->page_response(rig.driver, &response), 0);
		commands_check(&rig, 0, expected, 2, __LINE__);
		assert_int_equal(rig.event[rig_find(&rig, 0, RIG_RESPONSE, 0)].response.code,
				 codes[i].code);
	}
	response.has_pasid = false;
	response.code = 0;
	rig.events = 0;
	assert_int_equal(rig.ops->page_response(rig.driver, &response), 0);
	ASSERT_COMMANDS(&rig, 0, {0x41 | SID, 0x155 | 2 << 12}, SYNC);
	rig_end(&rig);
}

/* 8.2: nothing is stored until the overflow is acknowledged, when all was taken. */
static void an_overflow_is_acknowledged_when_the_ring_is_empty(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 256; i++)
			assert_true(page_ask(&rig, NONE, i * 4096, (uint16_t)i));
		assert_false(page_ask(&rig, NONE, 0, 300));
		for (unsigned i = 0; i < 256; i++) {
			assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
			assert_int_equal(request.group, i);
			assert_false(page_ask(&rig, NONE, 0, 301));
		}
		assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	}
	rig_end(&rig);
}

/* T15: what was stored of a route is answered Invalid when it ends, once; others stay. */
static void a_route_that_ends_answers_what_waits(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct domain *domain;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, 9, domain);
	rig_attach(&rig, RID, 10, domain);
	rig_attach(&rig, RID, NONE, domain);
	page_ask(&rig, 9, IOVA, 1);
	page_ask(&rig, 10, IOVA, 2);
	page_ask(&rig, NONE, IOVA, 3);
	page_ask(&rig, 9, IOVA, 4);
	rig.events = 0;
	rig_detach(&rig, RID, 9);
	ASSERT_COMMANDS(&rig, 0, CFGI_CD(9), SYNC, CFGI_CD(9), SYNC,
			{0x40 | SSV | SSID(9) | SID, SIZE_ALL}, SYNC,
			{0x41 | SSV | SSID(9) | SID, 1 | 1 << 12},
			{0x41 | SSV | SSID(9) | SID, 4 | 1 << 12}, SYNC);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
	assert_int_equal(request.group, 2);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
	assert_int_equal(request.group, 3);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	/* Requests without PASID are a route of their own. */
	page_ask(&rig, NONE, IOVA, 5);
	page_ask(&rig, 10, IOVA, 6);
	rig.events = 0;
	rig_detach(&rig, RID, NONE);
	assert_int_equal(rig_count(&rig, RIG_RESPONSE, 0), 1);
	assert_int_equal(rig.event[rig_find(&rig, 0, RIG_RESPONSE, 0)].response.group, 5);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
	assert_int_equal(request.group, 6);
	rig_end(&rig);
}

static void without_page_requests_there_is_no_response(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct ioasim_page_response response = {.requester_id = RID};

	(void)state;
	rig_prepare(&rig);
	rig_set(&rig, "idr0", RIG_IDR0 & ~UINT64_C(0x10000));
	rig_start(&rig);
	rig_device(&rig, RID);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	assert_int_equal(rig.ops->page_response(rig.driver, &response), -ENOTSUP);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_requests_come_through_the_ring),
		cmocka_unit_test(an_overflow_is_acknowledged_when_the_ring_is_empty),
		cmocka_unit_test(a_route_that_ends_answers_what_waits),
		cmocka_unit_test(without_page_requests_there_is_no_response),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
