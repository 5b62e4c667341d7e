/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls in random order against a book of the test's own: which space each route leads
 * to, and what each space maps. After every call, DMA of every kind of device must reach
 * just the byte that the book names, or none (S1, S2, S4, S8, T13, T15, A9).
 * IOASIM_SEED=n repeats a run.
 */
#include "uapi_flow.h"

#include <stdlib.h>
#include <string.h>

#define STEPS   3000
#define DMAS    8
#define SPACES  6
#define PAGES   8
#define VPASIDS 4 /* 1 to 4; index 0 is the default route */

enum { PDEV, PDEV_ATS, PARENT, MDEV, MDEV_TWIN, DEVICES };

struct book_space {
	int number; /* 0: none */
	bool freed;
	uint64_t page[PAGES]; /* vaddr; 0: not mapped */
};

struct book {
	struct flow *flow;
	uint64_t random;
	unsigned device[DEVICES];
	struct book_space space[SPACES];
	struct book_space *route[DEVICES][VPASIDS + 1];
};

static uint64_t draw(struct book *book, uint64_t below)
{
	book->random ^= book->random << 13;
	book->random ^= book->random >> 7;
	book->random ^= book->random << 17;
	return (book->random >> 11) % below;
}

static uint32_t vpasid_of(uint64_t route)
{
	return route ? (uint32_t)route : FLOW_NONE;
}

/* The parent of mdevs is the host's. */
static unsigned draw_device(struct book *book)
{
	static const unsigned used[] = {PDEV, PDEV_ATS, MDEV, MDEV_TWIN};

	return used[draw(book, 4)];
}

static unsigned users(const struct book *book, const struct book_space *space)
{
	unsigned count = 0;

	for (unsigned d = 0; d < DEVICES; d++) {
		for (unsigned r = 0; r <= VPASIDS; r++)
			count += book->route[d][r] == space;
	}
	return count;
}

/* ---- Steps --------------------------------------------------------------------------------- */

static void step_attach(struct book *book)
{
	unsigned d = draw_device(book), r = (unsigned)draw(book, VPASIDS + 1);
	struct book_space *space = &book->space[draw(book, SPACES)];
	int want = 0, got;

	if (!space->number)
		want = -ENOENT;
	else if (space->freed || book->route[d][r])
		want = -EBUSY;
	got = flow_attach(book->flow, book->device[d], space->number ? space->number : 1000,
			  vpasid_of(r));
	assert_int_equal(got, want);
	if (!got)
		book->route[d][r] = space;
}

static void step_detach(struct book *book)
{
	unsigned d = draw_device(book), r = (unsigned)draw(book, VPASIDS + 1);
	struct book_space *space = book->route[d][r];

	if (!space)
		return;
	assert_int_equal(flow_detach(book->flow, book->device[d], space->number, vpasid_of(r)), 0);
	book->route[d][r] = NULL;
	if (space->freed && !users(book, space))
		*space = (struct book_space){0};
}

static void step_space(struct book *book)
{
	struct book_space *space = &book->space[draw(book, SPACES)];

	if (!space->number) {
		space->number = flow_kernel(book->flow);
		return;
	}
	if (draw(book, 4))
		return;
	assert_int_equal(flow_free(book->flow, space->number), 0);
	memset(space->page, 0, sizeof(space->page));
	space->freed = true;
	if (!users(book, space))
		*space = (struct book_space){0};
}

static void step_map(struct book *book)
{
	struct book_space *space = &book->space[draw(book, SPACES)];
	uint64_t page = draw(book, PAGES), vaddr = FLOW_MEMORY + draw(book, 64) * 0x1000;

	if (!space->number || space->freed)
		return;
	if (space->page[page]) {
		assert_int_equal(flow_unmap(book->flow, space->number, page << 12, 0x1000), 0x1000);
		space->page[page] = 0;
	} else {
		assert_int_equal(flow_map(book->flow, space->number, page << 12, vaddr, 0x1000), 0);
		space->page[page] = vaddr;
	}
}

/* ---- Judging --------------------------------------------------------------------------------- */

static void judge(struct book *book)
{
	unsigned d = draw_device(book), r = (unsigned)draw(book, VPASIDS + 1);
	const struct book_space *space = book->route[d][r];
	uint64_t page = draw(book, PAGES), offset = draw(book, 0x1000);
	uint64_t vaddr = space && !space->freed ? space->page[page] : 0;
	uint32_t pasid = vpasid_of(r);
	struct ioasim_dma_result result;

	if (d == MDEV || d == MDEV_TWIN) {
		assert_int_equal(ioasim_queue_write(book->flow->system,
						    book->flow->device[book->device[d]], 0, pasid),
				 r && !space ? -EPERM : 0);
		pasid = FLOW_NONE;
	}
	result = flow_dma(book->flow, book->device[d], pasid, IOASIM_READ, page << 12 | offset);
	if (vaddr) {
		flow_reaches(book->flow, &result, vaddr | offset);
		return;
	}
	assert_int_equal(result.outcome, IOASIM_DMA_FAULTS);
	if (space && !space->freed)
		assert_int_equal(result.class, IOASIM_CLASS_STAGE1);
	else if (!r)
		assert_int_equal(result.class, IOASIM_CLASS_BLOCKED);
	else
		assert_true(result.class == IOASIM_CLASS_BLOCKED ||
			    result.class == IOASIM_CLASS_PASID);
}

static void random_calls_leave_dma_where_the_book_says(void **state)
{
	static void (*const step[])(struct book *) = {step_attach, step_attach, step_detach,
						      step_space,  step_map,    step_map};
	const char *seed = getenv("IOASIM_SEED");
	struct book book = {.flow = *state};

	book.random = seed ? strtoull(seed, NULL, 0) : 0x1d872b41;
	print_message("IOASIM_SEED=%#llx\n", (unsigned long long)book.random);
	book.random |= UINT64_C(1) << 63; /* never 0 */
	book.device[PDEV] = flow_pdev(book.flow, 0x28, 0, 16);
	book.device[PDEV_ATS] = flow_pdev(book.flow, 0x30, IOASIM_DEVICE_ATS, 16);
	book.device[PARENT] = flow_pdev(book.flow, 0x38, IOASIM_DEVICE_ATS, 16);
	book.device[MDEV] = flow_mdev(book.flow, book.device[PARENT], 0, 16);
	book.device[MDEV_TWIN] = flow_mdev(book.flow, book.device[PARENT], 0, 16);
	for (unsigned d = 0; d < DEVICES; d++) {
		if (d != PARENT)
			assert_int_equal(flow_bind(book.flow, book.device[d], d), 0);
	}
	for (unsigned i = 0; i < STEPS; i++) {
		step[draw(&book, sizeof(step) / sizeof(step[0]))](&book);
		for (unsigned n = 0; n < DMAS; n++)
			judge(&book);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(random_calls_leave_dma_where_the_book_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
