/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two software mdevs of one iommufd, two IOASs and a process whose memory comes and goes, by
 * random steps, against a book that knows single pages: errnos, where each DMA ends, what is
 * asked back. The checker is silent throughout. IOASIM_SEED in the environment repeats a run.
 */
#include "iofd_flow.h"
#include "uapi_judged.h"

#include <stdlib.h>

#define SPACES 2u
#define MDEVS  2u
#define SLOTS  12u /* pages of IOVAs in a space, from page 1 on */
#define PAGES  10u /* of the process */
#define PINS   8u
#define STEPS  6000u

#define NONE ((unsigned)-1)

/* A page of an IOAS. Pages are pinned by mapping: what was pinned stays what it was. */
struct slot {
	unsigned mapping; /* 0: none */
	unsigned page, access;
	unsigned pins;
	ioasim_pa_t pa; /* while it is pinned */
};

struct pin {
	unsigned first, count; /* count 0: none */
	bool write;
	unsigned order; /* the latest of a range is unpinned first */
};

struct mdev {
	unsigned device; /* of the flow */
	unsigned space; /* NONE */
	bool keeps;
	struct pin pin[PINS];
};

struct run {
	struct iflow i;
	uint64_t random;
	uint32_t ioas[SPACES];
	struct slot slot[SPACES][SLOTS];
	bool present[PAGES];
	struct mdev mdev[MDEVS];
	unsigned mappings, order;
};

static unsigned pick(struct run *run, unsigned below)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return (unsigned)(run->random >> 33) % below;
}

static uint64_t iova_of(unsigned slot)
{
	return (slot + 1) * PAGE;
}

/* ---- Pins of the book ------------------------------------------------------------------------- */

static void slots_unpin(struct run *run, const struct mdev *mdev, struct pin *pin)
{
	for (unsigned s = pin->first; s < pin->first + pin->count; s++)
		run->slot[mdev->space][s].pins--;
	pin->count = 0;
}

static void pins_drop(struct run *run, struct mdev *mdev, unsigned first, unsigned last)
{
	for (unsigned n = 0; n < PINS; n++) {
		struct pin *pin = &mdev->pin[n];

		if (pin->count && pin->first <= last && first < pin->first + pin->count)
			slots_unpin(run, mdev, pin);
	}
}

static unsigned pinned_in(const struct run *run, unsigned space, unsigned first, unsigned last)
{
	unsigned pins = 0;

	for (unsigned s = first; s <= last; s++)
		pins += run->slot[space][s].pins;
	return pins;
}

static bool on_unmap(void *opaque, int device, uint64_t iova, uint64_t bytes)
{
	struct run *run = opaque;

	(void)iova;
	(void)bytes;
	for (unsigned n = 0; n < MDEVS; n++)
		if (run->i.flow->device[run->mdev[n].device] == device)
			return !run->mdev[n].keeps;
	return true;
}

/* ---- Steps -------------------------------------------------------------------------------------- */

static void step_map(struct run *run)
{
	static const uint32_t flags[] = {IOASIM_IOMMUFD_MAP_READABLE, IOASIM_IOMMUFD_MAP_WRITEABLE,
					 IOASIM_IOMMUFD_MAP_READABLE |
						 IOASIM_IOMMUFD_MAP_WRITEABLE};
	unsigned space = pick(run, SPACES), first = pick(run, SLOTS), page = pick(run, PAGES);
	unsigned most = SLOTS - first < PAGES - page ? SLOTS - first : PAGES - page;
	unsigned count = 1 + pick(run, most < 4 ? most : 4), rights = pick(run, 3);
	int expected = 0;

	for (unsigned s = first; s < first + count; s++)
		if (run->slot[space][s].mapping)
			expected = EEXIST;
	assert_int_equal(iflow_map_flags(&run->i, run->ioas[space], iova_of(first),
					 FLOW_MEMORY + page * PAGE, count * PAGE, flags[rights]),
			 expected);
	run->mappings += !expected;
	for (unsigned s = first; !expected && s < first + count; s++)
		run->slot[space][s] = (struct slot){
			.mapping = run->mappings, .page = page + (s - first), .access = rights + 1};
}

/* The last slot of the mapping that begins at `first`. */
static unsigned mapping_end(const struct slot *slots, unsigned first)
{
	unsigned last = first;

	while (last + 1 < SLOTS && slots[last + 1].mapping == slots[first].mapping)
		last++;
	return last;
}

/* All drivers are asked for a mapping; it goes only if all pins have been given back. */
static bool mapping_leaves(struct run *run, unsigned space, unsigned first, unsigned last)
{
	for (unsigned n = 0; n < MDEVS && pinned_in(run, space, first, last); n++)
		if (run->mdev[n].space == space && !run->mdev[n].keeps)
			pins_drop(run, &run->mdev[n], first, last);
	return !pinned_in(run, space, first, last);
}

static int book_unmap(struct run *run, unsigned space, unsigned first, unsigned last)
{
	struct slot *slots = run->slot[space];
	bool any = false;

	if (slots[first].mapping && first && slots[first - 1].mapping == slots[first].mapping)
		return ENOENT;
	if (slots[last].mapping && mapping_end(slots, last) > last)
		return ENOENT;
	for (unsigned s = first; s <= last; s++) {
		if (!slots[s].mapping)
			continue;
		any = true;
		if (!mapping_leaves(run, space, s, mapping_end(slots, s)))
			return EDEADLK;
		s = mapping_end(slots, s);
	}
	for (unsigned s = first; s <= last; s++)
		slots[s] = (struct slot){0};
	return any ? 0 : ENOENT;
}

static void step_unmap(struct run *run)
{
	unsigned space = pick(run, SPACES), first = pick(run, SLOTS);
	unsigned last = first + pick(run, SLOTS - first);
	int expected = book_unmap(run, space, first, last);

	assert_int_equal(iflow_unmap(&run->i, run->ioas[space], iova_of(first),
				     (last - first + 1) * PAGE),
			 expected);
}

static int book_pin(const struct run *run, const struct mdev *mdev, const struct pin *pin)
{
	unsigned right = pin->write ? IOASIM_WRITE : IOASIM_READ;
	const struct slot *slots;

	if (mdev->space == NONE)
		return ENOENT;
	slots = run->slot[mdev->space];
	for (unsigned s = pin->first, end; s < pin->first + pin->count; s = end + 1) {
		if (!slots[s].mapping)
			return ENOENT;
		end = mapping_end(slots, s);
		if (!(slots[s].access & right))
			return EPERM;
		for (; s <= end && s < pin->first + pin->count; s++)
			if (!slots[s].pins && !run->present[slots[s].page])
				return EFAULT;
	}
	return 0;
}

static void step_pin(struct run *run)
{
	struct mdev *mdev = &run->mdev[pick(run, MDEVS)];
	struct pin pin = {.first = pick(run, SLOTS), .write = pick(run, 2), .order = ++run->order};
	struct pin *room = mdev->pin;
	int expected;

	pin.count = 1 + pick(run, SLOTS - pin.first < 3 ? SLOTS - pin.first : 3);
	while (room < mdev->pin + PINS && room->count)
		room++;
	if (room == mdev->pin + PINS)
		return;
	expected = book_pin(run, mdev, &pin);
	assert_int_equal(iflow_pin(&run->i, mdev->device, iova_of(pin.first), pin.count * PAGE,
				   pin.write),
			 expected);
	if (expected)
		return;
	*room = pin;
	for (unsigned s = pin.first; s < pin.first + pin.count; s++) {
		struct slot *slot = &run->slot[mdev->space][s];

		if (!slot->pins++)
			slot->pa = judged_page(run->i.flow, slot->page * PAGE);
	}
}

static void step_unpin(struct run *run)
{
	struct mdev *mdev = &run->mdev[pick(run, MDEVS)];
	struct pin wanted = mdev->pin[pick(run, PINS)], *found = NULL;

	if (!wanted.count)
		wanted = (struct pin){.first = pick(run, SLOTS), .count = 1};
	for (unsigned n = 0; n < PINS; n++) {
		struct pin *pin = &mdev->pin[n];

		if (pin->count == wanted.count && pin->first == wanted.first &&
		    (!found || pin->order > found->order))
			found = pin;
	}
	assert_int_equal(iflow_unpin(&run->i, mdev->device, iova_of(wanted.first),
				     wanted.count * PAGE),
			 found ? 0 : ENOENT);
	if (found)
		slots_unpin(run, mdev, found);
}

static void step_attach(struct run *run)
{
	struct mdev *mdev = &run->mdev[pick(run, MDEVS)];
	unsigned space = pick(run, 8) ? pick(run, SPACES) : NONE;

	if (mdev->space != NONE && mdev->space != space)
		pins_drop(run, mdev, 0, SLOTS - 1);
	mdev->space = space;
	if (space == NONE)
		assert_int_equal(iflow_detach(&run->i, mdev->device, IFLOW_NONE), 0);
	else
		assert_int_equal(iflow_attach(&run->i, mdev->device, run->ioas[space], IFLOW_NONE),
				 0);
}

static void page_change(struct run *run, unsigned page, bool present)
{
	struct flow *flow = run->i.flow;
	uint64_t address = FLOW_MEMORY + page * PAGE;
	int error = present ? ioasim_process_mmap(flow->system, flow->process, address, PAGE,
						  IOASIM_READ | IOASIM_WRITE)
			    : ioasim_process_munmap(flow->system, flow->process, address, PAGE);

	assert_int_equal(error, 0);
	run->present[page] = present;
}

/* A page goes, and most come back: others than they were. */
static void step_memory(struct run *run)
{
	unsigned page = pick(run, PAGES);

	if (run->present[page])
		page_change(run, page, false);
	for (page = 0; page < PAGES; page++)
		if (!run->present[page] && pick(run, 3))
			page_change(run, page, true);
}

static void step_keep(struct run *run)
{
	struct mdev *mdev = &run->mdev[pick(run, MDEVS)];

	mdev->keeps = pick(run, 2);
}

/* ---- The judgement --------------------------------------------------------------------------------- */

static void judge_dma(const struct run *run, const struct mdev *mdev, unsigned s, unsigned right)
{
	struct flow *flow = run->i.flow;
	const struct ioasim_dma_result result =
		flow_dma(flow, mdev->device, FLOW_NONE, right, iova_of(s) + s);
	const struct slot *slot = mdev->space == NONE ? NULL : &run->slot[mdev->space][s];
	unsigned class = IOASIM_CLASS_STAGE1;

	if (!slot)
		class = IOASIM_CLASS_BLOCKED;
	else if (slot->mapping && !(slot->access & right))
		class = IOASIM_CLASS_PERMISSION;
	else if (slot->mapping && (slot->pins || run->present[slot->page])) {
		ioasim_pa_t pa = slot->pins ? slot->pa : judged_page(flow, slot->page * PAGE);

		assert_int_equal(result.outcome, IOASIM_DMA_REACHES);
		assert_int_equal(result.pa, pa + s);
		return;
	}
	assert_int_equal(result.outcome, IOASIM_DMA_FAULTS);
	assert_int_equal(result.class, class);
}

static void judge(const struct run *run)
{
	for (unsigned n = 0; n < MDEVS; n++)
		for (unsigned s = 0; s < SLOTS; s++)
			for (unsigned right = IOASIM_READ; right <= IOASIM_WRITE; right++)
				judge_dma(run, &run->mdev[n], s, right);
}

static struct run *run_begin(struct flow *flow)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 20261;
	struct run *run = calloc(1, sizeof(*run));
	unsigned parent;

	assert_non_null(run);
	print_message("IOASIM_SEED=%llu\n", (unsigned long long)seed);
	run->random = seed * 2 + 1;
	run->i = iflow_open(flow);
	parent = iflow_parent(&run->i);
	for (unsigned n = 0; n < SPACES; n++)
		run->ioas[n] = iflow_ioas(&run->i);
	for (unsigned n = 0; n < PAGES; n++)
		run->present[n] = true;
	for (unsigned n = 0; n < MDEVS; n++) {
		run->mdev[n].device = iflow_mdev(&run->i, parent, true);
		run->mdev[n].space = NONE;
		assert_int_equal(iflow_bind(&run->i, run->mdev[n].device, run->i.fd), 0);
		assert_int_equal(ioasim_iommufd_on_unmap(flow->system,
							 flow->device[run->mdev[n].device],
							 on_unmap, run),
				 0);
	}
	return run;
}

static void d5_u4_u14_random_steps_agree_with_a_book_of_pages(void **state)
{
	static void (*const steps[])(struct run *) = {step_map,    step_map,    step_map,
						      step_map,    step_unmap,  step_pin,
						      step_pin,    step_pin,    step_unpin,
						      step_attach, step_memory, step_keep};
	struct flow *flow = *state;
	struct run *run = run_begin(flow);

	for (unsigned n = 0; n < STEPS; n++) {
		steps[pick(run, sizeof(steps) / sizeof(steps[0]))](run);
		judge(run);
	}
	judged_kept(flow);
	for (unsigned n = 0; n < MDEVS; n++)
		assert_int_equal(ioasim_close(flow->system, flow->process,
					      flow->device_fd[run->mdev[n].device]),
				 0);
	free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(d5_u4_u14_random_steps_agree_with_a_book_of_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
