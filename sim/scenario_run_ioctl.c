/* SPDX-License-Identifier: Apache-2.0 */
/* `ioctl` steps of a scenario: a structure put together from its members, and the call. */
#include "model/arch.h"
#include "model/guest.h"
#include "model/iommufd/calls.h"
#include "scenario_run.h"

#include <errno.h>
#include <string.h>

/* Larger than any structure, and a byte. */
#define BYTES 128

/* Where the process keeps what a call points to: out of the way of any guest. */
#define SCRATCH UINT64_C(0x7f0000000000)

/* PASIDs of a guest's table, as a logarithm. */
#define TABLE_LG2 6

struct making {
	struct scn_run *run;
	const struct scn_args *args;
	struct scn_done *done;
	int process;
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

static bool scratch(struct making *m, const void *data, size_t length)
{
	int process = m->run->process[m->process];
	int error = ioasim_process_mmap(m->run->system, process, SCRATCH, 4096,
					IOASIM_READ | IOASIM_WRITE);

	if (!error || error == -EEXIST)
		error = ioasim_process_write(m->run->system, process, SCRATCH, data, length);
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

	if (!result)
		return;
	m->done->value = 0;
	memcpy(&m->done->value, m->bytes + result->offset, result->bytes);
	m->done->has_value = true;
	scn_bind(m->run, m->args->as, m->done->value);
}

void scn_run_ioctl(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	const struct scn_ioctl *ioctl = &args->ioctl;
	bool device = args->device != IOASIM_NO_DEVICE;
	struct making m = {.run = run, .args = args, .done = done};
	uint32_t size = ioctl->size ? (uint32_t)ioctl->size : ioctl->call->size;
	int fd, result;

	m.process = scn_caller(run, args, device ? NULL : &args->fd);
	fd = device ? scn_device_fd(run, args->device, m.process)
		    : scn_fd(run, &args->fd, m.process);
	defaults(&m);
	if (!values(&m) || !table_given(&m))
		return;
	if (ioctl->tail)
		m.bytes[size++] = 1;
	memcpy(m.bytes, &size, sizeof(size));
	result = ioasim_iommufd_ioctl(run->system, run->process[m.process], fd,
				      ioctl->call->request, m.bytes);
	scn_result(done, result);
	done->has_value = false;
	if (!result)
		take_result(&m);
}
