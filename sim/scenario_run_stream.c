/* SPDX-License-Identifier: Apache-2.0 */
/* `read`, `write` and `poll` steps of a scenario: queues of an iommufd. */
#include "scenario_parse.h"
#include "scenario_run.h"

#include <errno.h>
#include <ioasim/iommufd.h>
#include <string.h>

/* What a step reads unless it says how much: whole records of both kinds. */
#define READ_BYTES (SCN_STREAM_BYTES - SCN_STREAM_BYTES % sizeof(struct ioasim_iommufd_pgfault))

/* ---- Records ------------------------------------------------------------------------------ */

static uint64_t *record_next(struct scn_done *done)
{
	if (done->n_records == SCN_RECORD) {
		scn_trouble(done, "more than %d records, expected a smaller `size`", SCN_RECORD);
		return NULL;
	}
	return done->record[done->n_records++];
}

/* In the order of scn_fault_fields. */
static void faults_take(const unsigned char *data, size_t bytes, struct scn_done *done)
{
	for (size_t at = 0; at + sizeof(struct ioasim_iommufd_pgfault) <= bytes;
	     at += sizeof(struct ioasim_iommufd_pgfault)) {
		uint64_t *record = record_next(done);
		struct ioasim_iommufd_pgfault fault;

		if (!record)
			return;
		memcpy(&fault, data + at, sizeof(fault));
		record[0] = fault.flags;
		record[1] = fault.dev_id;
		record[2] = fault.pasid;
		record[3] = fault.grpid;
		record[4] = fault.perm;
		record[5] = fault.addr;
		record[6] = fault.length;
		record[7] = fault.cookie;
	}
}

/* In the order of scn_vevent_fields. A header that tells of lost ones has nothing behind. */
static void vevents_take(const unsigned char *data, size_t bytes, struct scn_done *done)
{
	struct ioasim_iommufd_vevent_header header;
	struct ioasim_iommufd_vevent_smmuv3 event;
	size_t at = 0;

	while (at + sizeof(header) <= bytes) {
		uint64_t *record = record_next(done);

		if (!record)
			return;
		memcpy(&header, data + at, sizeof(header));
		at += sizeof(header);
		record[0] = header.flags & IOASIM_IOMMUFD_VEVENT_LOST;
		record[1] = header.sequence;
		if (record[0] || at + sizeof(event) > bytes)
			continue;
		memcpy(&event, data + at, sizeof(event));
		at += sizeof(event);
		record[2] = event.evt[0] & 0xff;
		record[3] = event.evt[0] >> 32;
		record[4] = event.evt[2];
	}
}

/* ---- Calls --------------------------------------------------------------------------------- */

static void take_bytes(struct scn_done *done, int64_t bytes)
{
	done->error = bytes < 0 ? (int)-bytes : 0;
	done->has_value = bytes >= 0;
	done->value = bytes < 0 ? 0 : (uint64_t)bytes;
}

static void cookies_bind(struct scn_run *run, const struct scn_streaming *names,
			 struct scn_done *done)
{
	if (names->count != done->n_records) {
		scn_trouble(done, "%u records, expected one for each of %u cookies",
			    done->n_records, names->count);
		return;
	}
	for (uint32_t i = 0; i < names->count; i++)
		scn_bind(run, names->cookies[i], done->record[i][7]);
}

void scn_run_read(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	unsigned char data[SCN_STREAM_BYTES];
	int process = scn_caller(run, args, &args->fd);
	size_t size = args->size == SCN_SIZE_OWN ? READ_BYTES : (size_t)args->size;
	int64_t bytes = ioasim_iommufd_read(run->system, run->process[process],
					    scn_fd(run, &args->fd, process), data, size);
	const struct scn_name *name =
		args->fd.name == SCN_NONE ? NULL : &run->scenario->names[args->fd.name];

	take_bytes(done, bytes);
	if (bytes <= 0 || !name)
		return;
	if (name->stream == SCN_STREAM_FAULTS)
		faults_take(data, (size_t)bytes, done);
	else if (name->stream == SCN_STREAM_EVENTS)
		vevents_take(data, (size_t)bytes, done);
	if (args->streaming.count && !done->trouble[0])
		cookies_bind(run, &args->streaming, done);
}

void scn_run_write(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	unsigned char data[SCN_STREAM_BYTES] = {0};
	const struct scn_streaming *what = &args->streaming;
	int process = scn_caller(run, args, &args->fd);
	struct ioasim_iommufd_page_response response;
	size_t size = what->count * sizeof(response);

	for (uint32_t i = 0; i < what->count; i++) {
		response = (struct ioasim_iommufd_page_response){.code = what->responses[i].code};
		if (!scn_number32(run, &what->responses[i].cookie, done, &response.cookie))
			return;
		memcpy(data + i * sizeof(response), &response, sizeof(response));
	}
	if (args->size != SCN_SIZE_OWN)
		size = (size_t)args->size;
	take_bytes(done, ioasim_iommufd_write(run->system, run->process[process],
					      scn_fd(run, &args->fd, process), data, size));
}

/* In the order of scn_poll_fields. */
void scn_run_poll(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	int process = scn_caller(run, args, &args->fd);
	int mask = ioasim_iommufd_poll(run->system, run->process[process],
				       scn_fd(run, &args->fd, process));

	scn_result(done, mask);
	done->has_value = false;
	if (mask < 0)
		return;
	done->field[0] = (mask & IOASIM_IOMMUFD_POLL_IN) != 0;
	done->field[1] = (mask & IOASIM_IOMMUFD_POLL_OUT) != 0;
}
