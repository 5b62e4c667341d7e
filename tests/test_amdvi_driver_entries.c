/* SPDX-License-Identifier: Apache-2.0 */
/* In which order the AMD-Vi driver stores device table entries and GCR3 entries (H7). */
#include "amdvi_driver_rig.h"

/* RAM behind callbacks that looks at one device table entry, and at GCR3 entry 0 behind
 * it, after each store. */
struct watched {
	unsigned char *bytes;
	uint64_t entry; /* offset of the entry that is watched; 0: none */
	unsigned stores;
	uint64_t allowed[3][4]; /* what the entry may hold */
	uint64_t gcr3, root4, root5; /* the driver's GCR3 table; tables of 4 and 5 levels */
	bool torn;
};

static int watched_read(void *opaque, uint64_t offset, void *data, size_t length)
{
	memcpy(data, ((struct watched *)opaque)->bytes + offset, length);
	return 0;
}

/* Words 0 and 1 of one entry with the GuestPagingMode of another, or that of another
 * table, while guests are translated. */
static bool entry_torn(const struct watched *watched)
{
	uint64_t now[4], table;
	bool known = false;

	memcpy(now, watched->bytes + watched->entry, sizeof(now));
	for (unsigned i = 0; i < 3; i++)
		known |= now[0] == watched->allowed[i][0] && now[1] == watched->allowed[i][1] &&
			 (!(now[0] & GV) || now[2] == watched->allowed[i][2]);
	if (!known)
		return true;
	if (!(now[0] & GV) || rig_gcr3_root(now) != watched->gcr3)
		return false;
	memcpy(&table, watched->bytes + watched->gcr3 - 2 * G, sizeof(table));
	return table != ((now[2] ? watched->root5 : watched->root4) | 1);
}

static int watched_write(void *opaque, uint64_t offset, const void *data, size_t length)
{
	struct watched *watched = opaque;
	uint64_t end = offset + length;

	memcpy(watched->bytes + offset, data, length);
	if (!watched->entry)
		return 0;
	watched->torn |= entry_torn(watched);
	if (offset < watched->entry + 32 && end > watched->entry) {
		watched->stores++;
		/* One half at a time, whole. */
		watched->torn |= length != 16 || offset % 16;
	}
	return 0;
}

static int watched_swap(void *opaque, uint64_t offset, uint64_t *expected, uint64_t desired)
{
	struct watched *watched = opaque;
	uint64_t old;

	memcpy(&old, watched->bytes + offset, 8);
	if (old == *expected)
		memcpy(watched->bytes + offset, &desired, 8);
	*expected = old;
	return 0;
}

static const struct ioasim_memory_ops watched_ops = {watched_read, watched_write, watched_swap};

/* Attaches one domain over the other, once to learn the entries, once watched. */
static void switch_watched(struct rig *rig, struct watched *watched, struct domain *from,
			   struct domain *to, unsigned stores)
{
	rig_attach(rig, RID, NONE, to);
	rig_dte(rig, RID, watched->allowed[1]);
	rig_attach(rig, RID, NONE, from);
	rig_dte(rig, RID, watched->allowed[0]);
	watched->stores = 0;
	watched->torn = false;
	watched->entry = rig_dte_address(rig, RID) - 2 * G;
	rig_attach(rig, RID, NONE, to);
	assert_false(watched->torn);
	assert_int_equal(watched->stores, stores);
	rig_attach(rig, RID, NONE, from);
	assert_false(watched->torn);
	assert_int_equal(watched->stores, 2 * stores);
	watched->entry = 0;
}

static void an_entry_is_never_seen_half_changed(void **state)
{
	static struct rig rig;
	struct watched watched = {.bytes = calloc(1, 8 * M), .allowed = {[2] = {BLOCKED, 0, 0, 0}}};
	struct domain *four, *five, *blocked, *parent, *user4, *user5;
	struct domain_config config = {.kind = DOMAIN_NESTED_PASID, .root = 0x8000};
	struct driver_device device = {.requester_id = RID, .ats = true};
	uint64_t dte[4];

	(void)state;
	assert_non_null(watched.bytes);
	rig_prepare(&rig);
	rig.config.stage1 = true;
	rig.config.pool_base = 2 * G;
	rig.config.pool_size = 8 * M;
	assert_int_equal(
		ioasim_memory_add_callback(rig.memory, 2 * G, 8 * M, &watched_ops, &watched), 0);
	rig_start(&rig);
	/* Without PASIDs the GCR3 table is one page. */
	assert_int_equal(rig.ops->device_add(rig.driver, &device), 0);
	four = rig_domain(&rig, DOMAIN_KERNEL, 48);
	five = rig_domain(&rig, DOMAIN_KERNEL, 57);
	watched.root4 = amdvi_domain(four)->space.table.root;
	watched.root5 = amdvi_domain(five)->space.table.root;
	rig_attach(&rig, RID, NONE, four);
	rig_dte(&rig, RID, dte);
	watched.gcr3 = rig_gcr3_root(dte);
	blocked = rig_domain(&rig, DOMAIN_BLOCKED, 0);
	parent = config.parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 48);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &user4), 0);
	config.address_bits = 57;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &user5), 0);
	switch_watched(&rig, &watched, blocked, four, 1);
	switch_watched(&rig, &watched, blocked, five, 2);
	switch_watched(&rig, &watched, parent, five, 2);
	switch_watched(&rig, &watched, parent, user4, 1);
	switch_watched(&rig, &watched, parent, user5, 2);
	switch_watched(&rig, &watched, four, user4, 1);
	/* GuestPagingMode changes: by way of a blocked entry. */
	switch_watched(&rig, &watched, user4, user5, 3);
	switch_watched(&rig, &watched, four, five, 3);
	switch_watched(&rig, &watched, five, user4, 3);
	rig_end(&rig);
	free(watched.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_never_seen_half_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
