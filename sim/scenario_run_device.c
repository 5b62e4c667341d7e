/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of a scenario that are no calls: what devices do, and drivers, and processes with
 * their memory. */
#include "scenario_run.h"

void scn_run_mmio(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	int process = scn_caller(run, args, NULL);
	int fd = scn_device_fd(run, args->device, process);

	scn_result(done, ioasim_device_mmio(run->system, run->process[process], fd));
}

void scn_run_driver(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	enum ioasim_device_driver own = run->scenario->devices[args->device].config.driver;
	enum ioasim_device_driver probed =
		own == IOASIM_DRIVER_KERNEL_SAFE ? own : IOASIM_DRIVER_KERNEL;

	scn_result(done, ioasim_device_driver(run->system, run->device[args->device],
					      args->action ? IOASIM_DRIVER_NONE : probed));
}

void scn_run_cpu(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	int process = run->process[args->subject];

	if (args->file.given)
		scn_result(done, ioasim_process_mmap_file(run->system, process, args->mmap[0],
							  args->mmap[1], IOASIM_READ | IOASIM_WRITE,
							  scn_fd(run, &args->file, args->subject),
							  args->offset));
	else if (args->mmap[1])
		scn_result(done, ioasim_process_mmap(run->system, process, args->mmap[0],
						     args->mmap[1], IOASIM_READ | IOASIM_WRITE));
	else
		scn_result(done, ioasim_process_munmap(run->system, process, args->munmap[0],
						       args->munmap[1]));
}

void scn_run_limit(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	const struct ioasim_process_limit limit = {
		.user = (uint32_t)args->user,
		.capabilities = (args->ipc_lock ? IOASIM_PROCESS_IPC_LOCK : 0u) |
				(args->sys_resource ? IOASIM_PROCESS_SYS_RESOURCE : 0u),
		.locked = args->locked,
	};

	scn_result(done, ioasim_process_limit(run->system, run->process[args->subject], &limit));
}

void scn_run_queue(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	scn_result(done, ioasim_queue_write(run->system, run->device[args->device],
					    (unsigned)args->queue, args->vpasid));
}

/* A byte: the address is what is judged. */
static struct ioasim_dma dma_of(const struct scn_run *run, const struct scn_args *args)
{
	return (struct ioasim_dma){
		.device = args->device == IOASIM_NO_DEVICE ? IOASIM_NO_DEVICE
							   : run->device[args->device],
		.requester_id = (uint32_t)args->rid,
		.queue = (unsigned)args->queue,
		.has_pasid = args->pasid != IOASIM_NO_VPASID,
		.pasid = args->pasid,
		.address = args->address,
		.length = 1,
		.access = (uint8_t)(args->access | (args->exec ? IOASIM_EXEC : 0)),
		.privileged = args->priv,
	};
}

static void dma_result(struct scn_done *done, int result)
{
	scn_result(done, result);
	done->has_value = false;
	done->has_dma = result >= 0;
}

void scn_run_dma(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	struct ioasim_dma dma = dma_of(run, args);

	dma_result(done, ioasim_dma(run->system, &dma, &done->dma));
}

void scn_run_enqcmd(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	struct ioasim_dma dma = dma_of(run, args);
	int process = scn_caller(run, args, &args->kvm);

	dma_result(done,
		   ioasim_enqcmd(run->system, run->process[process],
				 scn_fd(run, &args->kvm, process), args->vpasid, &dma, &done->dma));
}

void scn_run_retry(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	uint32_t event;

	if (scn_number32(run, &args->event, done, &event))
		dma_result(done, ioasim_dma_retry(run->system, event, &done->dma));
}
