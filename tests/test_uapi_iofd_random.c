/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random calls on two IOASs with an access and devices behind two IOMMUs, against a book
 * that knows single pages only: errnos, what tables show, and the pins of every page.
 * IOASIM_SEED in the environment repeats a run.
 */
#include "iofd_rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SPACES 2u
#define SLOTS  48u /* pages of IOVAs in a space, from page 1 on */
#define STEPS  4000u

/* A page of an IOAS: of which mapping, of which MAP call's pages, and where it lies. */
struct slot {
	unsigned mapping; /* 0: none */
	unsigned object, page;
};

struct book {
	struct slot slot[SPACES][SLOTS];
	unsigned mappings, objects; /* numbers given */
	unsigned shown[SPACES]; /* devices attached */
	int attached[MOCK_DEVICES]; /* to which space; -1 */
	bool pinned; /* by the access, which is of space 0 */
	unsigned pin_first, pin_count;
};

struct run {
	struct iofd_rig rig;
	struct book book;
	uint32_t ioas[SPACES];
	struct iommufd_access *access;
	uint64_t random;
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
	return (slot + 1) * MOCK_PAGE;
}

static void ask_back(void *opaque, uint64_t iova, uint64_t bytes)
{
	struct run *run = opaque;
	struct book *book = &run->book;
	uint64_t first = iova_of(book->pin_first),
		 last = iova_of(book->pin_first + book->pin_count);

	if (!book->pinned || iova >= last || iova + (bytes - 1) < first)
		return;
	iommufd_access_unpin(run->access, first, last - first);
	book->pinned = false;
}

static const struct iommufd_access_ops access_ops = {.unmap = ask_back, .pins = true};

/* ---- Steps ------------------------------------------------------------------------------- */

static bool is_free(const struct slot *slots, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		if (slots[i].mapping)
			return false;
	return true;
}

static void step_map(struct run *run)
{
	struct book *book = &run->book;
	unsigned space = pick(run, SPACES), count = 1 + pick(run, 6);
	unsigned first = pick(run, SLOTS - count), page = pick(run, MOCK_PAGES - 1 - count);
	int expected = is_free(book->slot[space], first, count) ? 0 : EEXIST;

	assert_int_equal(mock_map_fixed(&run->rig, run->ioas[space], mock_address(&run->rig, page),
					count * MOCK_PAGE, iova_of(first)),
			 expected);
	if (expected)
		return;
	book->mappings++;
	book->objects++;
	for (unsigned i = 0; i < count; i++)
		book->slot[space][first + i] =
			(struct slot){book->mappings, book->objects, page + i};
}

static void step_unmap(struct run *run)
{
	unsigned space = pick(run, SPACES), count = 1 + pick(run, 12);
	unsigned first = pick(run, SLOTS - count), last = first + count - 1;
	struct slot *slots = run->book.slot[space];
	bool cut = (first && slots[first].mapping &&
		    slots[first - 1].mapping == slots[first].mapping) ||
		   (last + 1 < SLOTS && slots[last].mapping &&
		    slots[last + 1].mapping == slots[last].mapping);
	bool nothing = is_free(slots, first, count);

	assert_int_equal(mock_unmap(&run->rig, run->ioas[space], iova_of(first), count * MOCK_PAGE,
				    NULL),
			 cut || nothing ? ENOENT : 0);
	if (!cut && !nothing)
		memset(slots + first, 0, count * sizeof(*slots));
}

static void step_copy(struct run *run)
{
	struct book *book = &run->book;
	unsigned from = pick(run, SPACES), to = pick(run, SPACES), count = 1 + pick(run, 8);
	unsigned source = pick(run, SLOTS - count), target = pick(run, SLOTS - count);
	struct slot copy[8];
	unsigned before = 0;
	int expected = is_free(book->slot[to], target, count) ? 0 : EEXIST;

	for (unsigned i = 0; i < count; i++) {
		copy[i] = book->slot[from][source + i];
		if (!copy[i].mapping)
			expected = ENOENT;
	}
	assert_int_equal(mock_copy(&run->rig, run->ioas[from], iova_of(source), run->ioas[to],
				   iova_of(target), count * MOCK_PAGE),
			 expected);
	/* A mapping for each one that is copied from. */
	for (unsigned i = 0; !expected && i < count; i++) {
		if (copy[i].mapping != before)
			book->mappings++;
		before = copy[i].mapping;
		copy[i].mapping = book->mappings;
		book->slot[to][target + i] = copy[i];
	}
}

static void step_attach(struct run *run)
{
	struct book *book = &run->book;
	unsigned device = 2 + pick(run, 2), space = pick(run, SPACES);
	int *at = &book->attached[device];

	if (*at >= 0)
		book->shown[*at]--;
	if (pick(run, 3)) {
		assert_int_equal(mock_attach(&run->rig, device, IOMMUFD_NO_PASID, run->ioas[space]),
				 0);
		*at = (int)space;
		book->shown[space]++;
		return;
	}
	iommufd_detach(run->rig.device[device], IOMMUFD_NO_PASID);
	*at = -1;
}

static void step_pin(struct run *run)
{
	struct book *book = &run->book;
	unsigned count = 1 + pick(run, 6), first = pick(run, SLOTS - count);
	int expected = 0;

	if (book->pinned) {
		ask_back(run, 0, UINT64_MAX);
		return;
	}
	for (unsigned i = first; i < first + count; i++)
		if (!book->slot[0][i].mapping)
			expected = -ENOENT;
	assert_int_equal(iommufd_access_pin(run->access, iova_of(first), count * MOCK_PAGE, true,
					    NULL, NULL),
			 expected);
	if (expected)
		return;
	book->pinned = true;
	book->pin_first = first;
	book->pin_count = count;
}

/* ---- Judgement ----------------------------------------------------------------------------- */

static bool is_used(const struct book *book, unsigned space, unsigned slot)
{
	return book->slot[space][slot].mapping &&
	       (book->shown[space] || (!space && book->pinned && slot >= book->pin_first &&
				       slot < book->pin_first + book->pin_count));
}

/* A page is pinned once for each MAP call's pages that somebody uses. */
static unsigned pins_of(const struct book *book, unsigned page)
{
	unsigned objects[SPACES * SLOTS], count = 0;

	for (unsigned space = 0; space < SPACES; space++) {
		for (unsigned slot = 0; slot < SLOTS; slot++) {
			const struct slot *s = &book->slot[space][slot];
			unsigned i = 0;

			if (!is_used(book, space, slot) || s->page != page)
				continue;
			while (i < count && objects[i] != s->object)
				i++;
			if (i == count)
				objects[count++] = s->object;
		}
	}
	return count;
}

static void judge(const struct run *run)
{
	for (unsigned page = 0; page < MOCK_PAGES; page++)
		assert_int_equal(mock_pins(&run->rig, page), pins_of(&run->book, page));
	for (unsigned device = 2; device < 4; device++) {
		int space = run->book.attached[device];

		for (unsigned slot = 0; space >= 0 && slot < SLOTS; slot++) {
			const struct slot *s = &run->book.slot[space][slot];

			assert_int_equal(mock_lookup(&run->rig, device, iova_of(slot)),
					 s->mapping ? mock_address(&run->rig, s->page) : 0);
		}
	}
}

static void u3_u4_u5_u14_random_calls_agree_with_a_book_of_pages(void **state)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 20260;
	struct run *run = calloc(1, sizeof(*run));
	uint32_t number;

	(void)state;
	print_message("IOASIM_SEED=%llu\n", (unsigned long long)seed);
	run->random = seed * 2 + 1;
	iofd_rig_open(&run->rig);
	for (unsigned i = 0; i < SPACES; i++)
		run->ioas[i] = mock_ioas(&run->rig);
	for (unsigned i = 0; i < MOCK_DEVICES; i++)
		run->book.attached[i] = -1;
	mock_bind(&run->rig, 2);
	mock_bind(&run->rig, 3);
	assert_int_equal(
		iommufd_access_create(run->rig.fd, &access_ops, run, &run->access, &number), 0);
	assert_int_equal(iommufd_access_attach(run->access, run->ioas[0]), 0);
	for (unsigned i = 0; i < STEPS; i++) {
		static void (*const steps[])(struct run *) = {step_map,  step_map,  step_unmap,
							      step_copy, step_copy, step_attach,
							      step_pin};

		steps[pick(run, sizeof(steps) / sizeof(steps[0]))](run);
		judge(run);
	}
	iommufd_access_destroy(run->access);
	iofd_rig_close(&run->rig);
	free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u3_u4_u5_u14_random_calls_agree_with_a_book_of_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
