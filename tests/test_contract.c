/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the driver contract (model/driver.h) promises on every architecture alike: fault
 * records, address spaces of processes.
 */
#include "driver_bench.h"

#define RID    0x0110u
#define RID2   0x0208u
#define NONE   RIG_NO_PASID
#define RW     (IOASIM_READ | IOASIM_WRITE)
#define G      (UINT64_C(1) << 30)
#define IOVA   (5 * G)
#define TARGET (9 * G)

static unsigned no_type(uint64_t word0)
{
	(void)word0;
	return 0;
}

static struct rig rig;

static void begin(const char *arch, enum driver_policy policy)
{
	rig_prepare_arch(&rig, arch, no_type);
	rig.config.policy = policy;
	rig.config.stage1 = policy == DRIVER_LAZY;
	rig_start(&rig);
	rig_device(&rig, RID);
	rig_device(&rig, RID2);
}

static bool is(const char *arch, const char *name)
{
	return strcmp(arch, name) == 0;
}

static void for_all(void (*check)(const char *arch))
{
	for (unsigned i = 0; ioasim_archs[i]; i++)
		check(ioasim_archs[i]->name);
}

/* ---- Fault records --------------------------------------------------------------------- */

static struct driver_fault fault_next(void)
{
	struct driver_fault fault = {0};

	assert_int_equal(rig.ops->fault_next(rig.driver, &fault), 0);
	return fault;
}

static void assert_no_fault(void)
{
	struct driver_fault fault;

	assert_int_equal(rig.ops->fault_next(rig.driver, &fault), -EAGAIN);
}

static void check_records(const char *arch)
{
	struct domain *domain, *process;
	struct ioasim_response response;
	struct driver_fault fault;

	begin(arch, DRIVER_STRICT);
	assert_no_fault();
	domain = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	process = rig_domain(&rig, DOMAIN_SVA, 0);
	rig_attach(&rig, RID, NONE, domain);
	rig_attach(&rig, RID2, 9, process);
	response = rig_dma(&rig, RID, NONE, IOVA + 0x123, IOASIM_WRITE);
	assert_true(response.fault.recorded);
	fault = fault_next();
	assert_int_equal(fault.requester_id, RID);
	assert_false(fault.has_pasid);
	assert_int_equal(fault.address & ~UINT64_C(0xfff), IOVA);
	assert_int_equal(fault.access, IOASIM_WRITE);
	assert_int_equal(fault.code, response.fault.code);
	assert_int_equal(fault.stage, 2);
	assert_no_fault();

	/* In the order in which they were raised. */
	for (unsigned i = 0; i < 5; i++)
		(void)rig_dma(&rig, RID2, 9, IOVA + i * 0x1000, IOASIM_READ);
	for (unsigned i = 0; i < 5; i++) {
		fault = fault_next();
		assert_int_equal(fault.requester_id, RID2);
		assert_true(fault.has_pasid);
		assert_int_equal(fault.pasid, 9);
		assert_int_equal(fault.address, IOVA + i * 0x1000);
		assert_int_equal(fault.access, IOASIM_READ);
		assert_int_equal(fault.stage, 1);
	}
	assert_no_fault();
	assert_int_equal(rig.ops->stats(rig.driver)->faults, 6);
	rig_end(&rig);
}

static void fault_records_are_read_and_decoded(void **state)
{
	(void)state;
	for_all(check_records);
}

/* vtd 7.2.1, amdvi 2.5, smmuv3 7.4: what runs over is lost, until software has seen it. */
static void check_overflow(const char *arch)
{
	begin(arch, DRIVER_STRICT);
	rig_attach(&rig, RID, NONE, rig_domain(&rig, DOMAIN_KERNEL, 0));
	for (unsigned round = 0; round < 3; round++) {
		unsigned raised = 0, read = 0;
		struct driver_fault fault;

		while (rig_dma(&rig, RID, NONE, IOVA + raised * 0x1000, IOASIM_READ).fault.recorded)
			raised++;
		assert_true(raised >= 8);
		assert_false(rig_dma(&rig, RID, NONE, IOVA, IOASIM_READ).fault.recorded);
		while (rig.ops->fault_next(rig.driver, &fault) == 0)
			assert_int_equal(fault.address, IOVA + read++ * 0x1000);
		assert_int_equal(read, raised);
		/* Records go on: some around the end of the ring, read one by one. */
		for (unsigned i = 0; i < 20; i++) {
			assert_true(rig_dma(&rig, RID, NONE, IOVA + i * 0x1000, IOASIM_READ)
					    .fault.recorded);
			assert_true(rig_dma(&rig, RID, NONE, IOVA, IOASIM_READ).fault.recorded);
			assert_int_equal(fault_next().address, IOVA + i * 0x1000);
			assert_int_equal(fault_next().address, IOVA);
		}
		assert_no_fault();
	}
	rig_end(&rig);
}

static void recording_goes_on_after_an_overflow(void **state)
{
	(void)state;
	for_all(check_overflow);
}

/* A page request of a device that nobody lets ask: amdvi INVALID_PPR_REQUEST, vtd a
 * record of type page request; smmuv3 has no such record. */
static void check_others(const char *arch)
{
	const struct ioasim_page_request request = {
		.requester_id = 0x0300, .address = IOVA, .access = IOASIM_READ, .last = true};
	struct ioasim_page_request_result result;

	begin(arch, DRIVER_STRICT);
	ioasim_page_request(rig.unit, &request, &result);
	assert_int_equal(result.fault.recorded, !is(arch, "smmuv3"));
	rig_attach(&rig, RID, NONE, rig_domain(&rig, DOMAIN_KERNEL, 0));
	assert_true(rig_dma(&rig, RID, NONE, IOVA, IOASIM_READ).fault.recorded);
	assert_int_equal(fault_next().requester_id, RID);
	assert_no_fault();
	assert_int_equal(rig.ops->stats(rig.driver)->other_records, !is(arch, "smmuv3"));
	rig_end(&rig);
}

static void records_that_are_not_of_a_dma_are_skipped_and_counted(void **state)
{
	(void)state;
	for_all(check_others);
}

/* ---- Address spaces of processes -------------------------------------------------------- */

/* H8, V1, V3, and the lower half of a process: 47 bits. */
static void check_process(const char *arch)
{
	const uint64_t top = (UINT64_C(1) << 47) - 0x1000;
	struct domain *one, *two;

	begin(arch, DRIVER_STRICT);
	one = rig_domain(&rig, DOMAIN_SVA, 0);
	two = rig_domain(&rig, DOMAIN_SVA, 0);
	assert_int_equal(rig.ops->attach(rig.driver, RID, NONE, one), -EINVAL);
	rig_attach(&rig, RID, 7, one);
	rig_attach(&rig, RID, 8, two);
	rig_attach(&rig, RID2, 7, two);
	rig_attach(&rig, RID2, 8, one);
	/* The same PASIDs of two devices, two tables: no tag is shared. */
	rig_map(&rig, one, IOVA, TARGET, 0x1000, RW);
	rig_map(&rig, two, IOVA, TARGET + G, 0x1000, IOASIM_READ);
	rig_map(&rig, one, top, TARGET + 0x1000, 0x1000, RW);
	for (unsigned i = 0; i < 2; i++) {
		assert_reaches(&rig, RID, 7, IOVA, RW, TARGET);
		assert_reaches(&rig, RID2, 7, IOVA, IOASIM_READ, TARGET + G);
		assert_reaches(&rig, RID, 8, IOVA, IOASIM_READ, TARGET + G);
		assert_reaches(&rig, RID2, 8, IOVA, RW, TARGET);
		assert_reaches(&rig, RID, 7, top, RW, TARGET + 0x1000);
	}
	assert_int_equal(rig_dma(&rig, RID2, 7, IOVA, IOASIM_WRITE).fault.cause,
			 IOASIM_CAUSE_PERMISSION);
	assert_int_equal(rig_dma(&rig, RID, 7, IOVA + 0x1000, IOASIM_READ).fault.cause,
			 IOASIM_CAUSE_STAGE1);
	/* Without PASID nothing got through meanwhile. */
	assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	rig_unmap(&rig, one, IOVA, 0x1000);
	assert_int_equal(rig_dma(&rig, RID, 7, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	assert_int_equal(rig_dma(&rig, RID2, 8, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	assert_reaches(&rig, RID2, 7, IOVA, IOASIM_READ, TARGET + G);
	rig_end(&rig);
}

static void a_process_is_walked_under_its_pasids_only(void **state)
{
	(void)state;
	for_all(check_process);
}

/* V4: munmap returns when no device uses the page any more. */
static void check_strict(const char *arch)
{
	struct domain *process, *kernel;

	begin(arch, DRIVER_LAZY);
	process = rig_domain(&rig, DOMAIN_SVA, 0);
	kernel = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, 7, process);
	rig_attach(&rig, RID, NONE, kernel);
	rig_map(&rig, process, IOVA, TARGET, 0x1000, RW);
	rig_map(&rig, kernel, IOVA, TARGET, 0x1000, RW);
	assert_reaches(&rig, RID, 7, IOVA, RW, TARGET);
	assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
	rig_unmap(&rig, kernel, IOVA, 0x1000);
	assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET); /* lazily */
	rig_unmap(&rig, process, IOVA, 0x1000);
	assert_int_equal(rig_dma(&rig, RID, 7, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	assert_int_equal(rig.ops->sync(rig.driver), 0);
	assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	rig_end(&rig);
}

static void a_process_is_never_unmapped_lazily(void **state)
{
	(void)state;
	for_all(check_strict);
}

/* Units without stage 1 have no processes. */
static void without_stage_1_there_are_no_processes(void **state)
{
	const struct domain_config config = {.kind = DOMAIN_SVA};
	struct domain *domain;

	(void)state;
	rig_prepare_arch(&rig, "vtd", no_type);
	rig.config.legacy = true;
	rig_start(&rig);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
	rig_end(&rig);
	rig_prepare_arch(&rig, "smmuv3", no_type);
	rig.unit_config.capability[0] &= ~UINT64_C(0x202); /* IDR0.S1P, HYP */
	rig_start(&rig);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
	rig_end(&rig);
	rig_prepare_arch(&rig, "amdvi", no_type);
	rig.unit_config.capability[0] &= ~UINT64_C(0x10); /* EFR.GTSup */
	rig_start(&rig);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fault_records_are_read_and_decoded),
		cmocka_unit_test(recording_goes_on_after_an_overflow),
		cmocka_unit_test(records_that_are_not_of_a_dma_are_skipped_and_counted),
		cmocka_unit_test(a_process_is_walked_under_its_pasids_only),
		cmocka_unit_test(a_process_is_never_unmapped_lazily),
		cmocka_unit_test(without_stage_1_there_are_no_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
