/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of a scenario that ask: `info` and `extension`. Fields stand in the order of the
 * tables in scenario_verbs.c. */
#include "scenario_run.h"

#include <string.h>

static int ask(struct scn_run *run, int process, int fd, enum ioasim_call call, void *argument)
{
	return ioasim_ioctl(run->system, run->process[process], fd, (uint32_t)call, argument);
}

static void info_ioasid(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	struct ioasim_ioasid_info info = {.size = sizeof(info)};
	int process = scn_caller(run, args, &args->fd);

	if (!scn_number32(run, &args->ioasid, done, &info.ioasid))
		return;
	scn_result(done, ask(run, process, scn_fd(run, &args->fd, process), IOASIM_IOASID_GET_INFO,
			     &info));
	done->field[0] = info.kind;
	done->field[1] = info.parent;
	done->field[2] = info.state;
	done->field[3] = info.attachments;
}

static void info_cookie(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	struct ioasim_device_info info = {.size = sizeof(info), .cookie = args->cookie};
	int process = scn_caller(run, args, &args->fd);

	scn_result(done, ask(run, process, scn_fd(run, &args->fd, process), IOASIM_DEVICE_GET_INFO,
			     &info));
	done->field[0] = info.arch;
	done->field[1] = info.nesting_hardware;
	done->field[2] = info.page_sizes;
	done->field[3] = info.snoop_enforced;
	done->field[4] = info.pasid_width;
}

static void info_device(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	static const uint32_t flags[] = {IOASIM_PASID_PRESENT, IOASIM_PASID_DELEGATED,
					 IOASIM_PASID_CPU, IOASIM_PASID_CPU_VIRT};
	struct ioasim_pasid_info info = {.size = sizeof(info)};
	int process = scn_caller(run, args, NULL);

	scn_result(done, ask(run, process, scn_device_fd(run, args->device, process),
			     IOASIM_DEVICE_PASID_INFO, &info));
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		done->field[i] = (info.pasid_flags & flags[i]) != 0;
}

void scn_run_info(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	if (args->device != IOASIM_NO_DEVICE)
		info_device(run, args, done);
	else if (args->ioasid.given)
		info_ioasid(run, args, done);
	else
		info_cookie(run, args, done);
	done->has_value = false;
}

void scn_run_extension(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	static const char *const names[] = {
		[IOASIM_EXT_MAP_TYPE1V2] = "map_type1v2",
		[IOASIM_EXT_NESTING] = "nesting",
		[IOASIM_EXT_USER_PGTABLE] = "user_pgtable",
		[IOASIM_EXT_USER_PASID_TABLE] = "user_pasid_table",
		[IOASIM_EXT_MULTIDEV_GROUP] = "multidev_group",
		[IOASIM_EXT_NO_SNOOP] = "no_snoop",
		[IOASIM_EXT_DIRTY_TRACKING] = "dirty_tracking",
	};
	struct ioasim_check_extension arg = {.size = sizeof(arg), .extension = SCN_UNKNOWN};
	int process = scn_caller(run, args, &args->fd);

	/* An extension that nobody has heard of is a question like any other (A11). */
	for (uint32_t i = IOASIM_EXT_MAP_TYPE1V2; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(args->text, names[i]) == 0)
			arg.extension = i;
	scn_result(done, ask(run, process, scn_fd(run, &args->fd, process), IOASIM_CHECK_EXTENSION,
			     &arg));
}
