/* SPDX-License-Identifier: Apache-2.0 */
/* `ioctl` steps of a scenario: a structure put together from its members, and the call. */
#include "model/arch.h"
#include "model/guest.h"
#include "model/iommufd/calls.h"
#include "scenario_run.h"

#include <errno.h>
#include <string.h>

/* The largest size that a step can give, and a byte. */
#define BYTES 4104

/* Where the process keeps what a call points to: out of the way of any guest. */
#define SCRATCH UINT64_C(0x7f0000000000)

/* PASIDs of a guest's table, as a logarithm. */
#define TABLE_LG2 6

struct making {
	struct scn_run *run;
	const struct scn_args *args;
	struct scn_done *done;
	int process;
	uint32_t size; /* of the structure, as the call is told */
	unsigned char bytes[BYTES];
};

static void store(struct making *m, const struct iofd_member *member, uint64_t value)
{
	memcpy(m->bytes + member->offset, &value, member->bytes);
}

static const struct iofd_member *member(const struct making *m, const char *name)
{
	for (const struct iofd_member *at = m->args->ioctl.call->members; at->name; at++)
		if (strcmp(at->name, name) == 0)
			return at;
	return NULL;
}

static bool given(const struct making *m, const char *name)
{
	for (uint32_t i = 0; i < m->args->ioctl.count; i++)
		if (strcmp(m->args->ioctl.values[i].member->name, name) == 0)
			return true;
	return false;
}

/* ---- Values ------------------------------------------------------------------------------- */

/* Calls that map take everything unless they are told; a PASID that is given is meant. */
static void defaults(struct making *m)
{
	uint64_t flags = 0;

	switch (m->args->ioctl.call->request) {
	case IOASIM_IOMMUFD_IOAS_MAP:
	case IOASIM_IOMMUFD_IOAS_COPY:
	case IOASIM_IOMMUFD_IOAS_MAP_FILE:
		flags = IOASIM_IOMMUFD_MAP_FIXED_IOVA | IOASIM_IOMMUFD_MAP_WRITEABLE |
			IOASIM_IOMMUFD_MAP_READABLE;
		break;
	case IOASIM_VFIO_ATTACH_IOMMUFD_PT:
	case IOASIM_VFIO_DETACH_IOMMUFD_PT:
		flags = given(m, "pasid") ? IOASIM_VFIO_ATTACH_PASID : 0;
		break;
	case IOASIM_VFIO_IOMMU_MAP_DMA:
		flags = IOASIM_VFIO_MAP_READ | IOASIM_VFIO_MAP_WRITE;
		break;
	default:
		return;
	}
	store(m, member(m, "flags"), flags);
}

static bool values(struct making *m)
{
	const struct scn_ioctl *ioctl = &m->args->ioctl;

	for (uint32_t i = 0; i < ioctl->count; i++) {
		const struct scn_ioctl_value *value = &ioctl->values[i];
		uint64_t number;

		if (value->space == SCN_FD)
			number = (uint64_t)scn_fd(m->run, &value->ref, m->process);
		else if (!scn_number(m->run, &value->ref, m->done, &number))
			return false;
		/* A number taken literally may be negative. */
		if (value->ref.name == SCN_NONE)
			number = value->ref.number;
		store(m, value->member, number);
	}
	return true;
}

/* ---- The user's table ------------------------------------------------------------------------ */

struct table_data {
	uint32_t type, length;
	union {
		struct ioasim_iommufd_vtd_s1 vtd;
		uint64_t words[GUEST_USER_WORDS];
	};
};

static void data_make(const struct making *m, uint64_t root, struct table_data *data)
{
	const struct guest_ops *guest = m->run->arch->guest;
	const struct guest_user user = {.root = root, .table_lg2 = TABLE_LG2, .plain = true};

	*data = (struct table_data){0};
	switch (m->run->arch->uapi.number) {
	case 0:
		data->type = IOASIM_IOMMUFD_DATA_VTD_S1;
		data->length = sizeof(data->vtd);
		data->vtd = (struct ioasim_iommufd_vtd_s1){.pgtbl_addr = root, .addr_width = 48};
		return;
	case 1:
		data->type = IOASIM_IOMMUFD_DATA_AMD_GUEST;
		data->length = sizeof(struct ioasim_iommufd_amd_guest);
		break;
	default:
		data->type = IOASIM_IOMMUFD_DATA_SMMUV3;
		data->length = sizeof(struct ioasim_iommufd_smmuv3_ste);
		break;
	}
	guest->user_encode(&user, data->words);
}

static bool scratch_open(struct making *m)
{
	int error = ioasim_process_mmap(m->run->system, m->run->process[m->process], SCRATCH,
					SCN_ARRAY_BYTES, IOASIM_READ | IOASIM_WRITE);

	return !error || error == -EEXIST || scn_trouble(m->done, "no memory for the call's data");
}

/* Bits are added to what there is. */
static bool bitmap_given(struct making *m)
{
	static const unsigned char zeroes[SCN_ARRAY_BYTES];

	store(m, member(m, "data"), SCRATCH);
	return scratch_open(m) &&
	       (!ioasim_process_write(m->run->system, m->run->process[m->process], SCRATCH, zeroes,
				      sizeof(zeroes)) ||
		scn_trouble(m->done, "no memory for the call's data"));
}

/* Calls that fill memory have some, unless the step says another. */
static bool filled_given(struct making *m)
{
	switch (m->args->ioctl.call->request) {
	case IOASIM_IOMMUFD_IOAS_IOVA_RANGES:
		store(m, member(m, "ranges"), SCRATCH);
		return scratch_open(m);
	case IOASIM_IOMMUFD_GET_HW_INFO:
		store(m, member(m, "data"), given(m, "data_len") ? SCRATCH : 0);
		return scratch_open(m);
	case IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP:
		return bitmap_given(m);
	default:
		return true;
	}
}

static bool scratch(struct making *m, const void *data, size_t length)
{
	int error;

	if (!scratch_open(m))
		return false;
	error = ioasim_process_write(m->run->system, m->run->process[m->process], SCRATCH, data,
				     length);
	return !error || scn_trouble(m->done, "no memory for the call's data");
}

static bool table_given(struct making *m)
{
	const struct scn_ref *ref = &m->args->ioctl.data;
	struct table_data data;
	uint64_t root = ref->number;

	if (!ref->given)
		return true;
	if (ref->name != SCN_NONE && !scn_table_root(m->run, ref->name, &root))
		return scn_trouble(m->done, "table '%s' is not built",
				   m->run->scenario->names[ref->name].text);
	data_make(m, root, &data);
	store(m, member(m, "data_type"), data.type);
	store(m, member(m, "data_len"), data.length);
	store(m, member(m, "data"), SCRATCH);
	return scratch(m, data.words, data.length);
}

/* ---- What the step lists ---------------------------------------------------------------------- */

/* The architecture's own kind of invalidation; AMD's guests have none. */
static uint32_t invalidate_type(const struct making *m)
{
	return m->run->arch->uapi.number == 2 ? (uint32_t)IOASIM_IOMMUFD_INVALIDATE_SMMUV3
					      : (uint32_t)IOASIM_IOMMUFD_INVALIDATE_VTD_S1;
}

/* Counts and lengths are those of the list, unless the step says others. */
static bool array_given(struct making *m)
{
	const struct scn_array *array = &m->args->ioctl.array;
	size_t each = array->each * sizeof(uint64_t);

	if (!array->pointer)
		return true;
	store(m, array->pointer, SCRATCH);
	switch (m->args->ioctl.call->request) {
	case IOASIM_IOMMUFD_HWPT_INVALIDATE:
		store(m, member(m, "data_type"), invalidate_type(m));
		store(m, member(m, "entry_len"), each);
		store(m, member(m, "entry_num"), array->items);
		break;
	case IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS:
		store(m, member(m, "num_iovas"), array->items);
		break;
	default:
		store(m, member(m, "data_len"), each * array->items);
		break;
	}
	return scratch(m, array->words, each * array->items);
}

/* ---- What comes back ---------------------------------------------------------------------------- */

static bool range_add(struct making *m, uint64_t first, uint64_t last)
{
	if (m->done->n_ranges == SCN_RANGES)
		return scn_trouble(m->done, "more than %d ranges", SCN_RANGES);
	m->done->range[m->done->n_ranges++] = (struct scn_range){first, last};
	return true;
}

static bool range_put(struct making *m, const unsigned char *from)
{
	struct ioasim_iommufd_range range;

	memcpy(&range, from, sizeof(range));
	return range_add(m, range.start, range.last);
}

/* IOAS_IOVA_RANGES: they are in the process's memory. */
static void take_ranges(struct making *m)
{
	struct ioasim_iommufd_iova_ranges arg;
	unsigned char bytes[sizeof(struct ioasim_iommufd_range)];

	memcpy(&arg, m->bytes, sizeof(arg));
	for (uint32_t i = 0; i < arg.num_iovas; i++)
		if (ioasim_process_read(m->run->system, m->run->process[m->process],
					arg.ranges + i * sizeof(bytes), bytes, sizeof(bytes)) ||
		    !range_put(m, bytes))
			return;
}

/* HWPT_GET_DIRTY_BITMAP: pages in a row that were written are one range. */
static void take_written(struct making *m)
{
	struct ioasim_iommufd_get_dirty arg;
	uint64_t pages, begun = UINT64_MAX;
	unsigned char byte = 0;

	memcpy(&arg, m->bytes, sizeof(arg));
	pages = arg.length / arg.page_size;
	for (uint64_t i = 0; i <= pages; i++) {
		bool written;

		if (i % 8 == 0 && i < pages &&
		    ioasim_process_read(m->run->system, m->run->process[m->process],
					arg.data + i / 8, &byte, 1))
			return;
		written = i < pages && byte >> i % 8 & 1;
		if (written && begun == UINT64_MAX)
			begun = i;
		if (written || begun == UINT64_MAX)
			continue;
		if (!range_add(m, arg.iova + begun * arg.page_size,
			       arg.iova + i * arg.page_size - 1))
			return;
		begun = UINT64_MAX;
	}
}

/* IOMMU_GET_INFO: a capability behind the structure, if there is room. */
static void take_capability(struct making *m)
{
	struct ioasim_vfio_info info;
	struct ioasim_vfio_cap_iovas cap = {.header.next = 0};
	uint32_t at;

	memcpy(&info, m->bytes, sizeof(info));
	for (at = info.cap_offset; at && at + sizeof(cap) <= m->size; at = cap.header.next) {
		memcpy(&cap, m->bytes + at, sizeof(cap));
		if (cap.header.id != IOASIM_VFIO_CAP_IOVA_RANGE)
			continue;
		at += (uint32_t)sizeof(cap);
		for (uint32_t i = 0; i < cap.nr_iovas; i++)
			if (!range_put(m, m->bytes + at + i * sizeof(struct ioasim_iommufd_range)))
				return;
		return;
	}
}

/* ---- The call ---------------------------------------------------------------------------------- */

/* What a call is made for: the ID or number that it fills first. */
static const struct iofd_member *result_of(const struct making *m)
{
	const struct iofd_member *first = NULL;

	for (const struct iofd_member *at = m->args->ioctl.call->members; at->name; at++) {
		if (at->kind != IOFD_FILLED)
			continue;
		if (strncmp(at->name, "out_", 4) == 0)
			return at;
		if (!first)
			first = at;
	}
	return first;
}

static void take_result(struct making *m)
{
	const struct iofd_member *result = result_of(m);

	memcpy(m->done->back, m->bytes, sizeof(m->done->back));
	if (!result)
		return;
	m->done->value = 0;
	memcpy(&m->done->value, m->bytes + result->offset, result->bytes);
	m->done->has_value = true;
	if (!m->done->error)
		scn_bind(m->run, m->args->as, m->done->value);
}

static void take_fd(struct making *m)
{
	bool faults = m->args->ioctl.call->request == IOASIM_IOMMUFD_FAULT_QUEUE_ALLOC;
	const struct iofd_member *at = member(m, faults ? "out_fault_fd" : "out_veventq_fd");
	uint32_t number = 0;

	memcpy(&number, m->bytes + at->offset, at->bytes);
	scn_fd_bind(m->run, m->args->ioctl.as_fd, IOASIM_FD_QUEUE, m->process, (int)number);
}

static void take_all(struct making *m)
{
	uint32_t request = m->args->ioctl.call->request;

	take_result(m);
	if (m->done->error)
		return;
	if (m->args->ioctl.as_fd != SCN_NONE)
		take_fd(m);
	if (request == IOASIM_IOMMUFD_IOAS_IOVA_RANGES)
		take_ranges(m);
	if (request == IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP)
		take_written(m);
	if (request == IOASIM_VFIO_IOMMU_GET_INFO)
		take_capability(m);
}

static bool gives_back(const struct iofd_call_entry *call, int result)
{
	return result >= 0 || call->filled_on == -1 || result == -call->filled_on;
}

/* The argument is a number. */
static void run_plain(struct making *m, int fd)
{
	const struct scn_ioctl *ioctl = &m->args->ioctl;

	scn_result(m->done,
		   ioasim_iommufd_ioctl(m->run->system, m->run->process[m->process], fd,
					ioctl->call->request, (void *)(uintptr_t)ioctl->argument));
}

static void run_structure(struct making *m, int fd)
{
	const struct scn_ioctl *ioctl = &m->args->ioctl;
	int result;

	m->size = ioctl->sized ? (uint32_t)ioctl->size : ioctl->call->size;
	defaults(m);
	if (!filled_given(m) || !table_given(m) || !array_given(m) || !values(m))
		return;
	if (ioctl->tail)
		m->bytes[m->size++] = 1;
	memcpy(m->bytes, &m->size, sizeof(m->size));
	result = ioasim_iommufd_ioctl(m->run->system, m->run->process[m->process], fd,
				      ioctl->call->request, m->bytes);
	scn_result(m->done, result);
	m->done->has_value = false;
	if (gives_back(ioctl->call, result))
		take_all(m);
}

void scn_run_ioctl(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	bool device = args->device != IOASIM_NO_DEVICE;
	struct making m = {.run = run, .args = args, .done = done};
	int fd;

	m.process = scn_caller(run, args, device ? NULL : &args->fd);
	fd = device ? scn_device_fd(run, args->device, m.process)
		    : scn_fd(run, &args->fd, m.process);
	if (args->ioctl.call->structure)
		run_structure(&m, fd);
	else
		run_plain(&m, fd);
}
