/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command that stops the queue, on every architecture (VT-d 6.5.2.11, AMD-Vi 2.4, SMMUv3
 * 7.1): the call ends with -EIO, the queue goes on, nothing cached is left, and later calls
 * work. Commands are spoilt where the unit will read them next, from within an invalidation
 * of a device TLB, since the driver itself submits none that is wrong.
 */
#include "driver_bench.h"

#define RID   0x0110u
#define RID2  0x0208u
#define NONE  RIG_NO_PASID
#define RW    (IOASIM_READ | IOASIM_WRITE)
#define IOVA  UINT64_C(0x140000000)
#define OTHER UINT64_C(0x180000000)
#define PAGE  UINT64_C(0x1000)
#define DATA  UINT64_C(0x240000000)

/* Where the ring is, and a command that no version of the architecture knows. */
static const struct ring {
	const char *arch;
	uint32_t base; /* register */
	uint64_t address; /* its bits that are the address */
	unsigned slot, slots; /* bytes, commands */
	uint64_t wrong; /* word 0 */
} rings[] = {
	{"vtd", 0x90, UINT64_C(0xffffffffff000), 32, 256, 0},
	{"amdvi", 0x08, UINT64_C(0xffffffffff000), 16, 512, UINT64_C(0xf000000000000000)},
	{"smmuv3", 0x90, UINT64_C(0xfffffffffffe0), 16, 256, 0xff},
};

#define RINGS (sizeof(rings) / sizeof(rings[0]))

static struct bench {
	struct rig rig; /* first: the callbacks' argument */
	const struct ring *ring;
	uint64_t base;
	unsigned read; /* commands, since the ring began */
	unsigned spoil; /* how many of those that follow the next device TLB's; 0: none */
	bool always;
	unsigned spoilt;
} bench;

static unsigned no_type(uint64_t word0)
{
	(void)word0;
	return 0;
}

static void on_command(void *opaque, const uint64_t *words, unsigned count)
{
	/* AMD-Vi's ring begins anew, each time with this command (8, INVALIDATE_IOMMU_ALL). */
	if (bench.ring == &rings[1] && words[0] >> 60 == 8)
		bench.read = 0;
	bench.read++;
	rig_command(opaque, words, count);
}

static void on_atc(void *opaque, const struct ioasim_atc_invalidation *what)
{
	rig_atc(opaque, what);
	for (unsigned i = 0; i < bench.spoil; i++) {
		unsigned slot = (bench.read + i) % bench.ring->slots;

		assert_int_equal(ioasim_memory_write64(bench.rig.memory,
						       bench.base + slot * bench.ring->slot,
						       bench.ring->wrong),
				 0);
		bench.spoilt++;
	}
	if (!bench.always)
		bench.spoil = 0;
}

static void begin(const struct ring *ring)
{
	memset(&bench, 0, sizeof(bench));
	bench.ring = ring;
	rig_prepare_arch(&bench.rig, ring->arch, no_type);
	bench.rig.unit_config.callbacks.command = on_command;
	bench.rig.unit_config.callbacks.atc_invalidate = on_atc;
	rig_start(&bench.rig);
	assert_int_equal(ioasim_mmio_read(bench.rig.unit, ring->base, 8, &bench.base), 0);
	bench.base &= ring->address;
	rig_device(&bench.rig, RID);
	rig_device(&bench.rig, RID2);
}

static int unmap(struct domain *domain, uint64_t iova)
{
	uint64_t unmapped;
	int error = bench.rig.ops->unmap(bench.rig.driver, domain, iova, PAGE, &unmapped);

	assert_int_equal(unmapped, PAGE);
	return error;
}

static uint64_t repairs(void)
{
	return bench.rig.ops->stats(bench.rig.driver)->repairs;
}

/* Whether the device was told to drop everything, by events from `from` on. */
static bool told(unsigned from, uint32_t requester_id)
{
	for (unsigned i = from; i < bench.rig.events; i++) {
		const struct rig_event *event = &bench.rig.event[i];

		if (event->kind == RIG_ATC && event->atc.requester_id == requester_id &&
		    event->atc.first == 0 && event->atc.last == UINT64_MAX)
			return true;
	}
	return false;
}

/* ---- One mistake ------------------------------------------------------------------------ */

static void after_a_command_error_the_queue_goes_on_and_nothing_is_cached(void **state)
{
	(void)state;
	/* One device: the wait behind its command is spoilt. Two: the other's command, too. */
	for (unsigned way = 0; way < 2 * RINGS; way++) {
		unsigned devices = 1 + way % 2;
		struct domain *domain, *other;
		struct rig *rig = &bench.rig;
		unsigned from;

		begin(&rings[way / 2]);
		domain = rig_domain(rig, DOMAIN_KERNEL, 0);
		other = rig_domain(rig, DOMAIN_KERNEL, 0);
		rig_attach(rig, RID, NONE, domain);
		rig_attach(rig, RID2, NONE, devices == 2 ? domain : other);
		rig_map(rig, domain, IOVA, DATA, 2 * PAGE, RW);
		rig_map(rig, other, OTHER, DATA, PAGE, RW);
		assert_reaches(rig, RID, NONE, IOVA, RW, DATA);
		assert_reaches(rig, RID, NONE, IOVA + PAGE, RW, DATA + PAGE);
		bench.spoil = devices;
		from = rig->events;
		assert_int_equal(unmap(domain, IOVA), -EIO);
		assert_int_equal(bench.spoilt, devices);
		assert_int_equal(repairs(), 1);
		assert_true(told(from, RID) && told(from, RID2));
		for (unsigned i = 0; i < IOASIM_CACHES; i++)
			assert_int_equal(ioasim_unit_cache_live(rig->unit, (enum ioasim_cache)i),
					 0);
		assert_int_equal(rig_dma(rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);

		/* All that was there is there, and everything works. */
		assert_reaches(rig, RID, NONE, IOVA + PAGE, RW, DATA + PAGE);
		assert_int_equal(unmap(domain, IOVA + PAGE), 0);
		assert_int_equal(rig_dma(rig, RID, NONE, IOVA + PAGE, RW).outcome, IOASIM_FAULT);
		rig_map(rig, domain, IOVA, DATA, PAGE, RW);
		assert_reaches(rig, RID, NONE, IOVA, RW, DATA);
		rig_detach(rig, RID, NONE);
		rig_detach(rig, RID2, NONE);
		rig_attach(rig, RID2, NONE, other);
		assert_reaches(rig, RID2, NONE, OTHER, RW, DATA);
		assert_int_equal(rig->ops->domain_destroy(rig->driver, domain), 0);
		assert_int_equal(repairs(), 1);
		rig_end(rig);
	}
}

static void the_ring_may_wrap_before_and_behind_an_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < RINGS; i++) {
		struct rig *rig = &bench.rig;
		struct domain *domain;

		begin(&rings[i]);
		domain = rig_domain(rig, DOMAIN_KERNEL, 0);
		rig_attach(rig, RID, NONE, domain);
		rig_attach(rig, RID2, NONE, domain);
		for (unsigned n = 0; n < 2 * rings[i].slots; n++) {
			bool wrong = n % 7 == 0;

			rig->events = 0;
			bench.spoil = wrong;
			rig_map(rig, domain, IOVA, DATA + n * PAGE, PAGE, RW);
			assert_reaches(rig, RID, NONE, IOVA, RW, DATA + n * PAGE);
			assert_int_equal(unmap(domain, IOVA), wrong ? -EIO : 0);
			assert_int_equal(rig_dma(rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);
		}
		rig_end(rig);
	}
}

static void an_error_while_caches_are_emptied_is_for_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < RINGS; i++) {
		struct rig *rig = &bench.rig;
		struct domain *domain;

		begin(&rings[i]);
		domain = rig_domain(rig, DOMAIN_KERNEL, 0);
		rig_attach(rig, RID, NONE, domain);
		rig_map(rig, domain, IOVA, DATA, 2 * PAGE, RW);
		bench.spoil = 1;
		bench.always = true;
		assert_int_equal(unmap(domain, IOVA), -EIO);
		bench.spoil = 0;
		assert_int_equal(repairs(), 0);
		assert_int_equal(unmap(domain, IOVA + PAGE), -EIO);
		rig_end(rig);
	}
}

/* ---- Tracking ------------------------------------------------------------------------------- */

static void count(void *to, ioasim_iova_t first, ioasim_iova_t last)
{
	*(uint64_t *)to += last - first + 1;
}

static int written(struct domain *domain, bool clear, uint64_t *bytes)
{
	*bytes = 0;
	return bench.rig.ops->dirty_read(bench.rig.driver, domain, 0, UINT64_MAX, clear, count,
					 bytes);
}

/* SMMUv3 marks whether or not it is asked, so that a switch sends nothing. */
static bool marks_always(void)
{
	return bench.ring == &rings[2];
}

static void switch_goes_wrong(struct domain *domain, bool enable)
{
	if (marks_always())
		return;
	bench.spoil = 1;
	assert_int_equal(bench.rig.ops->dirty_enable(bench.rig.driver, domain, enable), -EIO);
}

/* A switch that fails changes nothing, so that nobody is told half of it; and of marks that were
 * forgotten when an invalidation failed nothing is cached. */
static void tracking_goes_wrong(struct domain *domain)
{
	struct rig *rig = &bench.rig;
	uint64_t bytes;

	rig_attach(rig, RID, NONE, domain);
	rig_map(rig, domain, IOVA, DATA, PAGE, RW);
	assert_reaches(rig, RID, NONE, IOVA, RW, DATA);
	switch_goes_wrong(domain, true);
	assert_int_equal(written(domain, false, &bytes), -EINVAL);
	assert_reaches(rig, RID, NONE, IOVA, RW, DATA);
	assert_int_equal(rig->ops->dirty_enable(rig->driver, domain, true), 0);
	assert_int_equal(written(domain, true, &bytes), 0);
	assert_int_equal(bytes, marks_always() ? PAGE : 0);
	switch_goes_wrong(domain, false);
	assert_reaches(rig, RID, NONE, IOVA, RW, DATA);
	bench.spoil = 1;
	assert_int_equal(written(domain, true, &bytes), -EIO);
	assert_int_equal(bytes, PAGE);
	assert_reaches(rig, RID, NONE, IOVA, RW, DATA);
	assert_int_equal(written(domain, true, &bytes), 0);
	assert_int_equal(bytes, PAGE);
	assert_int_equal(rig->ops->dirty_enable(rig->driver, domain, false), 0);
	assert_int_equal(repairs(), marks_always() ? 1 : 3);
}

static void u13_tracking_survives_command_errors(void **state)
{
	const struct domain_config config = {.kind = DOMAIN_KERNEL, .dirty = true};

	(void)state;
	for (size_t i = 0; i < RINGS; i++) {
		struct domain *domain;

		begin(&rings[i]);
		assert_int_equal(bench.rig.ops->domain_create(bench.rig.driver, &config, &domain),
				 0);
		tracking_goes_wrong(domain);
		rig_end(&bench.rig);
	}
}

/* ---- Many, at random ------------------------------------------------------------------------ */

#define PAGES   8u
#define DOMAINS 2u

struct world {
	struct domain *domain[DOMAINS];
	struct domain *attached[2]; /* by device */
};

static uint32_t requester(unsigned n)
{
	return n ? RID2 : RID;
}

/* What each device reaches is what the tables of its domain say, whatever was cached. */
static void check(const struct world *world)
{
	struct rig *rig = &bench.rig;

	for (unsigned n = 0; n < 2; n++) {
		for (unsigned page = 0; page < PAGES; page++) {
			uint64_t iova = IOVA + page * PAGE;
			struct ioasim_response r = rig_dma(rig, requester(n), NONE, iova, RW);
			ioasim_pa_t pa = 0;
			unsigned access;
			bool mapped = world->attached[n] &&
				      !rig->ops->lookup(rig->driver, world->attached[n], iova, &pa,
							&access);

			assert_int_equal(r.outcome, mapped ? IOASIM_OK : IOASIM_FAULT);
			if (mapped)
				assert_int_equal(r.pa, pa);
		}
	}
}

/* An attachment or its end that fails leaves the device blocked. */
static void change(struct world *world, uint64_t *seed)
{
	struct rig *rig = &bench.rig;
	unsigned n = rig_draw(seed) & 1, d = rig_draw(seed) % DOMAINS;
	uint64_t iova = IOVA + rig_draw(seed) % PAGES * PAGE, unmapped;
	int error = 0;

	switch (rig_draw(seed) % 6) {
	case 0:
		error = rig->ops->attach(rig->driver, requester(n), NONE, world->domain[d]);
		world->attached[n] = error ? NULL : world->domain[d];
		break;
	case 1:
		error = rig->ops->detach(rig->driver, requester(n), NONE);
		assert_true(error != -ENOENT || !world->attached[n]);
		world->attached[n] = NULL;
		break;
	case 2:
	case 3:
		error = rig->ops->unmap(rig->driver, world->domain[d], iova, PAGE, &unmapped);
		break;
	default:
		error = rig->ops->map(rig->driver, world->domain[d], iova,
				      DATA + rig_draw(seed) % 64 * PAGE, PAGE, RW);
	}
	assert_true(!error || error == -EIO || error == -EEXIST || error == -ENOENT);
}

static void at_no_time_is_anything_stale(void **state)
{
	uint64_t seed = rig_seed();

	(void)state;
	for (size_t i = 0; i < RINGS; i++) {
		struct world world = {0};

		begin(&rings[i]);
		for (unsigned d = 0; d < DOMAINS; d++)
			world.domain[d] = rig_domain(&bench.rig, DOMAIN_KERNEL, 0);
		for (unsigned n = 0; n < 2000; n++) {
			bench.rig.events = 0;
			bench.spoil = rig_draw(&seed) % 2;
			change(&world, &seed);
			check(&world);
		}
		assert_true(repairs() > 50);
		rig_end(&bench.rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_command_error_the_queue_goes_on_and_nothing_is_cached),
		cmocka_unit_test(the_ring_may_wrap_before_and_behind_an_error),
		cmocka_unit_test(an_error_while_caches_are_emptied_is_for_good),
		cmocka_unit_test(u13_tracking_survives_command_errors),
		cmocka_unit_test(at_no_time_is_anything_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
