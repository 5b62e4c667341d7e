/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_rig.h"

#include "idmap.h"

#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

uint64_t rig_seed(void)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;

	print_message("IOASIM_SEED=%" PRIu64 "\n", seed);
	return seed;
}

/* splitmix64 */
uint64_t rig_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
	return rig_random(state) % limit;
}

/* Of any size, with small and page-aligned ones as likely as large ones. */
static uint64_t number(uint64_t *state)
{
	uint64_t value = rig_random(state) >> below(state, 64);

	switch (below(state, 8)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX - (value & 0xff);
	case 2:
	case 3:
		return value & ~UINT64_C(0xfff);
	default:
		return value;
	}
}

/* ---- Records --------------------------------------------------------------------- */

static void add_pasid(uint64_t *state, struct trace_record *record)
{
	if (below(state, 2))
		return;
	record->flags |= TRACE_PASID;
	record->pasid = (uint32_t)below(state, 1 << 20);
}

static void add_access(uint64_t *state, struct trace_record *record)
{
	static const uint16_t flags[] = {TRACE_PRIVILEGED, TRACE_TRANSLATED, TRACE_CACHED,
					 TRACE_STALE, TRACE_NO_PERM};

	record->rid = (uint32_t)below(state, below(state, 2) ? 8 : UINT32_MAX);
	add_pasid(state, record);
	record->address = number(state);
	record->length = number(state);
	record->access = (uint8_t)below(state, 8);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (below(state, 4) == 0)
			record->flags |= flags[i];
	switch (below(state, 4)) {
	case 0:
		break;
	case 1:
		record->flags |= TRACE_ANSWERED | TRACE_REFUSED;
		break;
	default:
		record->flags |= TRACE_ANSWERED;
		record->value = number(state);
		record->size = (uint8_t)below(state, 65);
		record->granted = (uint8_t)below(state, 8);
	}
}

static void add_unit_level(uint64_t *state, struct trace_record *record)
{
	record->address = number(state);
	record->value = number(state);
	switch (record->kind) {
	case TRACE_REGISTER:
		record->address = below(state, 4096);
		record->size = below(state, 2) ? 4 : 8;
		break;
	case TRACE_STORE:
		record->size = (uint8_t)(1 << below(state, 4));
		break;
	case TRACE_COMMAND:
		record->address = record->value = 0;
		record->size = (uint8_t)(1 + below(state, 4));
		for (unsigned i = 0; i < record->size; i++)
			record->words[i] = number(state);
		break;
	case TRACE_FAULT:
		record->address = 0;
		record->rid = (uint32_t)rig_random(state);
		break;
	default:
		break;
	}
}

static void add_page_service(uint64_t *state, struct trace_record *record)
{
	record->rid = (uint32_t)below(state, 65536);
	add_pasid(state, record);
	record->value = below(state, 512);
	if (record->kind == TRACE_PAGE_RESPONSE) {
		record->size = (uint8_t)below(state, 16);
		return;
	}
	record->address = number(state);
	record->access = (uint8_t)below(state, 8);
	record->flags |= (uint16_t)(below(state, 2) ? TRACE_LAST : 0);
	record->flags |= (uint16_t)(below(state, 2) ? TRACE_PRIVILEGED : 0);
}

static void add_device(uint64_t *state, struct trace_record *record)
{
	record->rid = (uint32_t)below(state, 65536);
	if (record->kind != TRACE_DEVICE) {
		add_pasid(state, record);
		return;
	}
	record->size = (uint8_t)below(state, 21);
	record->flags = (uint16_t)((below(state, 2) ? TRACE_ATS_ON : 0) |
				   (below(state, 2) ? TRACE_PRI_ON : 0));
}

static void add_domain(uint64_t *state, struct trace_record *record)
{
	record->domain = (uint32_t)(below(state, 2) ? below(state, 5) : rig_random(state));
	switch (record->kind) {
	case TRACE_DOMAIN:
		record->size = (uint8_t)below(state, 6);
		record->rid = (uint32_t)below(state, 4);
		break;
	case TRACE_MAP:
		record->value = number(state);
		record->access = (uint8_t)below(state, 8);
		/* fall through */
	case TRACE_UNMAP:
		record->address = number(state);
		record->length = number(state);
		break;
	case TRACE_BIND:
		record->value = number(state);
		break;
	case TRACE_INVALIDATE:
		add_pasid(state, record);
		record->address = number(state);
		record->length = number(state);
		record->flags |= (uint16_t)(below(state, 2) ? TRACE_LEAF : 0);
		break;
	default:
		break;
	}
}

struct trace_record rig_record(uint64_t *state, enum trace_kind kind, uint64_t time_ns)
{
	struct trace_record record = {
		.time_ns = time_ns, .kind = (uint8_t)kind, .pasid = TRACE_NO_PASID};

	if (kind <= TRACE_ABORT)
		add_unit_level(state, &record);
	else if (kind == TRACE_DMA || kind == TRACE_ATS)
		add_access(state, &record);
	else if (kind == TRACE_PAGE_REQUEST || kind == TRACE_PAGE_RESPONSE)
		add_page_service(state, &record);
	else if (kind == TRACE_DEVICE || kind == TRACE_ATTACH || kind == TRACE_DETACH)
		add_device(state, &record);
	else if (kind != TRACE_SYNC)
		add_domain(state, &record);
	if (kind == TRACE_ATTACH)
		record.domain = (uint32_t)below(state, 5);
	return record;
}

struct trace_record *rig_records(uint64_t *state, size_t count)
{
	struct trace_record *records = calloc(count + 1, sizeof(*records));
	uint64_t time_ns = 0;

	assert_non_null(records);
	for (size_t i = 0; i < count; i++) {
		if (below(state, 4) == 0)
			time_ns += rig_random(state) >> (24 + below(state, 40));
		records[i] = rig_record(state, (enum trace_kind)(1 + below(state, TRACE_KINDS - 1)),
					time_ns);
	}
	return records;
}

bool rig_same(const struct trace_record *a, const struct trace_record *b)
{
	return a->time_ns == b->time_ns && a->kind == b->kind && a->access == b->access &&
	       a->granted == b->granted && a->size == b->size && a->flags == b->flags &&
	       a->rid == b->rid && a->pasid == b->pasid && a->domain == b->domain &&
	       a->address == b->address && a->value == b->value && a->length == b->length &&
	       memcmp(a->words, b->words, sizeof(a->words)) == 0;
}

static void print_record(const char *what, const struct trace_record *r)
{
	print_error("%s: time %" PRIu64 " kind %u access %u granted %u size %u flags %x rid %x "
		    "pasid %x domain %x address %" PRIx64 " value %" PRIx64 " length %" PRIx64
		    " words %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 "\n",
		    what, r->time_ns, r->kind, r->access, r->granted, r->size, r->flags, r->rid,
		    r->pasid, r->domain, r->address, r->value, r->length, r->words[0], r->words[1],
		    r->words[2], r->words[3]);
}

bool rig_same_all(const struct trace_record *a, size_t a_count, const struct trace_record *b,
		  size_t b_count)
{
	for (size_t i = 0; i < a_count && i < b_count; i++) {
		if (rig_same(&a[i], &b[i]))
			continue;
		print_error("record %zu differs\n", i);
		print_record("one", &a[i]);
		print_record("other", &b[i]);
		return false;
	}
	if (a_count != b_count)
		print_error("%zu and %zu records\n", a_count, b_count);
	return a_count == b_count;
}

/* ---- Files ------------------------------------------------------------------------ */

static char folder[64];

static const char *rig_folder(void)
{
	if (!folder[0]) {
		strcpy(folder, "/tmp/ioasim-test-XXXXXX");
		assert_non_null(mkdtemp(folder));
	}
	return folder;
}

const char *rig_path(const char *name)
{
	static char paths[8][512];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", rig_folder(), name);
	return path;
}

/* Counts files, and removes them if asked to. */
static unsigned walk_folder(bool remove)
{
	DIR *dir = opendir(rig_folder());
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		if (remove)
			unlink(rig_path(entry->d_name));
	}
	closedir(dir);
	return n;
}

unsigned rig_files(void)
{
	return walk_folder(false);
}

void rig_clean(void)
{
	if (!folder[0])
		return;
	walk_folder(true);
	rmdir(folder);
	folder[0] = '\0';
}

void rig_write_file(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

void *rig_read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	char *data;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	*size = (size_t)ftell(file);
	rewind(file);
	data = malloc(*size + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, *size, file), *size);
	fclose(file);
	data[*size] = '\0';
	return data;
}

void rig_write(const char *path, enum trace_format format, const struct trace_meta *meta,
	       const struct trace_record *records, size_t count)
{
	const struct trace_meta none = {.arch = ""};
	struct trace_writer *writer;
	struct trace_error error;

	assert_int_equal(trace_create(path, format, meta ? meta : &none, &writer, &error), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(trace_put(writer, &records[i]), 0);
	assert_int_equal(trace_commit(writer, &error), 0);
}

static void collect(struct rig_trace *trace, struct trace_reader *reader)
{
	const struct trace_record *records;
	const struct trace_skipped *skipped;
	size_t count = 1, room = 0;

	while (count) {
		trace->status = trace_next(reader, &records, &count, &trace->error);
		if (trace->status < 0)
			break;
		if (trace->count + count > room) {
			room = 2 * (trace->count + count);
			trace->records = realloc(trace->records, room * sizeof(*records));
			assert_non_null(trace->records);
		}
		if (count)
			memcpy(trace->records + trace->count, records, count * sizeof(*records));
		trace->count += count;
	}
	skipped = trace_reader_skipped(reader, &count);
	for (size_t i = 0; i < count && i < 64; i++)
		trace->skipped[trace->n_skipped++] =
			(struct trace_skipped){strdup(skipped[i].what), skipped[i].count};
}

void rig_read(struct rig_trace *trace, const char *path, enum trace_format format, unsigned threads)
{
	struct trace_reader *reader;

	memset(trace, 0, sizeof(*trace));
	trace->status = trace_open(path, format, &reader, &trace->error);
	if (trace->status < 0)
		return;
	trace->format = trace_reader_format(reader);
	assert_int_equal(trace_meta_copy(&trace->meta, trace_reader_meta(reader)), 0);
	if (threads > 1)
		assert_int_equal(trace_reader_threads(reader, threads), 0);
	collect(trace, reader);
	trace_close(reader);
}

void rig_free(struct rig_trace *trace)
{
	for (size_t i = 0; i < trace->n_skipped; i++)
		free((void *)(uintptr_t)trace->skipped[i].what);
	trace_meta_fini(&trace->meta);
	free(trace->records);
	memset(trace, 0, sizeof(*trace));
}

uint64_t rig_count(const struct rig_trace *trace, enum trace_kind kind)
{
	uint64_t count = 0;

	for (size_t i = 0; i < trace->count; i++)
		count += trace->records[i].kind == kind;
	return count;
}

uint64_t rig_skipped(const struct rig_trace *trace, const char *what)
{
	for (size_t i = 0; i < trace->n_skipped; i++)
		if (strcmp(trace->skipped[i].what, what) == 0)
			return trace->skipped[i].count;
	return 0;
}

/* ---- What driver-level records obey -------------------------------------------------- */

/* A second book, page by page: PA with the rights in the low bits, by domain and page. */
struct shadow {
	struct idmap pages;
	struct idmap domains, devices, attached;
};

static uint64_t page_key(uint32_t domain, uint64_t address)
{
	return (uint64_t)domain << 52 ^ address >> 12;
}

static void shadow_map(struct shadow *shadow, const struct trace_record *r)
{
	assert_non_null(idmap_get(&shadow->domains, r->domain));
	assert_true(r->length > 0 && ((r->address | r->length | r->value) & 0xfff) == 0);
	for (uint64_t at = 0; at < r->length; at += 4096) {
		uint64_t key = page_key(r->domain, r->address + at);

		assert_null(idmap_get(&shadow->pages, key));
		assert_int_equal(idmap_put(&shadow->pages, key,
					   (void *)(uintptr_t)((r->value + at) | r->access)),
				 0);
	}
}

static void shadow_unmap(struct shadow *shadow, const struct trace_record *r)
{
	for (uint64_t at = 0; at < r->length; at += 4096) {
		uint64_t key = page_key(r->domain, r->address + at);

		assert_non_null(idmap_get(&shadow->pages, key));
		assert_int_equal(idmap_put(&shadow->pages, key, NULL), 0);
	}
}

static void shadow_dma(struct shadow *shadow, const struct trace_record *r)
{
	uintptr_t domain = (uintptr_t)idmap_get(&shadow->attached, r->rid);
	uintptr_t page = 0;

	assert_non_null(idmap_get(&shadow->devices, r->rid));
	if (domain)
		page = (uintptr_t)idmap_get(&shadow->pages,
					    page_key((uint32_t)(domain - 1), r->address));
	if (r->flags & TRACE_REFUSED)
		assert_true(!page || (r->access & ~page & 7));
	else
		assert_true(page && (page & ~UINT64_C(0xfff)) == (r->value & ~UINT64_C(0xfff)) &&
			    !(r->access & ~page & 7) && (r->address & 0xfff) == (r->value & 0xfff));
}

void rig_check_maps(const struct rig_trace *trace)
{
	struct shadow shadow = {0};

	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_record *r = &trace->records[i];

		if (r->kind == TRACE_MAP)
			shadow_map(&shadow, r);
		else if (r->kind == TRACE_UNMAP)
			shadow_unmap(&shadow, r);
		else if (r->kind == TRACE_DMA)
			shadow_dma(&shadow, r);
		else if (r->kind == TRACE_DOMAIN)
			assert_int_equal(idmap_put(&shadow.domains, r->domain, &shadow), 0);
		else if (r->kind == TRACE_DEVICE)
			assert_int_equal(idmap_put(&shadow.devices, r->rid, &shadow), 0);
		else if (r->kind == TRACE_ATTACH)
			assert_int_equal(idmap_put(&shadow.attached, r->rid,
						   (void *)(uintptr_t)(r->domain + 1ull)),
					 0);
	}
	idmap_fini(&shadow.pages);
	idmap_fini(&shadow.domains);
	idmap_fini(&shadow.devices);
	idmap_fini(&shadow.attached);
}
