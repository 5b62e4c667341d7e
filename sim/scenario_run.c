/* SPDX-License-Identifier: Apache-2.0 */
/* Runs scenarios, through the library's public interface: the machine, what names stand
 * for, and the steps. */
#include "scenario_run.h"
#include "caches.h"
#include "model/arch.h"
#include "scenario_parse.h"

#include <errno.h>
#include <ioasim/iommufd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool scn_trouble(struct scn_done *done, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(done->trouble, sizeof(done->trouble), format, args);
	va_end(args);
	return false;
}

void scn_result(struct scn_done *done, int result)
{
	done->error = result < 0 ? -result : 0;
	if (result >= 0) {
		done->has_value = true;
		done->value = (uint64_t)result;
	}
}

/* ---- Listening ------------------------------------------------------------------------ */

void *scn_grow(struct scn_heard *heard, void **items, uint32_t count, uint32_t *room, size_t size)
{
	if (count == *room) {
		uint32_t more = *room ? 2 * *room : 64;
		void *grown = realloc(*items, more * size);

		if (!grown) {
			heard->lost = true;
			return NULL;
		}
		*items = grown;
		*room = more;
	}
	return (char *)*items + count * size;
}

static void on_command(void *opaque, enum ioasim_command_class class, const uint64_t *words,
		       unsigned count)
{
	struct scn_run *run = opaque;
	struct scn_heard *h = &run->heard;
	void *items = h->commands;
	struct scn_command *place =
		scn_grow(h, &items, h->n_commands, &h->room_commands, sizeof(*place));

	h->commands = items;
	if (!place)
		return;
	place->class = (uint8_t) class;
	place->type = (uint8_t)run->arch->command_type(words, count);
	h->n_commands++;
}

/* Takes what the descriptors have to tell, in the order in which they were opened. */
static void read_events(struct scn_run *run)
{
	struct scn_heard *h = &run->heard;

	for (uint32_t i = 0; i < run->scenario->n_names; i++) {
		struct scn_descriptor *d = &run->fd[i];
		struct ioasim_event event;

		if (!d->open || run->slot[i].value != IOASIM_FD_IOASID)
			continue;
		while (ioasim_event_read(run->system, run->process[d->opener], d->number[d->opener],
					 &event, 1) == 1) {
			void *items = h->events;
			struct ioasim_event *place =
				scn_grow(h, &items, h->n_events, &h->room_events, sizeof(*place));

			h->events = items;
			if (!place)
				return;
			*place = event;
			h->n_events++;
		}
	}
}

/* ---- Names ------------------------------------------------------------------------------ */

bool scn_number(const struct scn_run *run, const struct scn_ref *ref, struct scn_done *done,
		uint64_t *number)
{
	*number = ref->number;
	if (!ref->given || ref->name == SCN_NONE)
		return true;
	*number = run->slot[ref->name].value;
	return run->slot[ref->name].bound ||
	       scn_trouble(done, "'%s' stands for nothing: no earlier step has made it",
			   run->scenario->names[ref->name].text);
}

bool scn_number32(const struct scn_run *run, const struct scn_ref *ref, struct scn_done *done,
		  uint32_t *number)
{
	uint64_t value;

	*number = 0;
	if (!scn_number(run, ref, done, &value))
		return false;
	*number = (uint32_t)value;
	return value <= UINT32_MAX ||
	       scn_trouble(done, "0x%llx, expected 32 bits", (unsigned long long)value);
}

void scn_bind(struct scn_run *run, uint32_t name, uint64_t value)
{
	if (name == SCN_NONE)
		return;
	run->slot[name] = (struct scn_slot){.bound = true, .value = value};
}

/* ---- Descriptors --------------------------------------------------------------------------- */

int scn_caller(const struct scn_run *run, const struct scn_args *args, const struct scn_ref *fd)
{
	if (args->process >= 0)
		return args->process;
	/* Also of one that is closed: what it says to its number is asked. */
	if (fd && fd->given && fd->name != SCN_NONE && run->slot[fd->name].bound)
		return run->fd[fd->name].opener;
	if (args->device != IOASIM_NO_DEVICE && run->device_fd[args->device].open)
		return run->device_fd[args->device].opener;
	return 0;
}

/* The number in the process, to which the descriptor is passed if need be. */
static int pass(struct scn_run *run, struct scn_descriptor *d, int process)
{
	int number;

	if (!d->open)
		return -1;
	if (d->number[process] < 0) {
		number = ioasim_dup(run->system, run->process[d->opener], d->number[d->opener],
				    run->process[process]);
		d->number[process] = number < 0 ? -1 : number;
	}
	return d->number[process];
}

int scn_fd(struct scn_run *run, const struct scn_ref *fd, int process)
{
	if (fd->name != SCN_NONE)
		return pass(run, &run->fd[fd->name], process);
	return fd->number > INT32_MAX ? -1 : (int)fd->number;
}

int scn_device_fd(struct scn_run *run, int device, int process)
{
	struct scn_descriptor *d = &run->device_fd[device];
	int number;

	if (d->open)
		return pass(run, d, process);
	number = ioasim_open_device(run->system, run->process[process], run->device[device]);
	if (number < 0)
		return number;
	d->open = true;
	d->opener = process;
	d->number[process] = number;
	return number;
}

/* ---- The machine ------------------------------------------------------------------------------ */

static __attribute__((format(printf, 2, 3))) bool fail(struct scn_failure *failure,
						       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(failure->found, sizeof(failure->found), format, args);
	va_end(args);
	return false;
}

static bool add_processes(struct scn_run *run, struct scn_failure *failure)
{
	const struct scenario *s = run->scenario;
	char buffer[32];

	for (uint32_t i = 0; i < s->n_processes; i++) {
		const struct scn_process *process = &s->processes[i];

		run->process[i] = ioasim_process_create(run->system);
		if (run->process[i] < 0)
			return fail(failure, "process %s: %s", process->name,
				    scn_errno_name(-run->process[i], buffer));
		for (uint32_t n = 0; n < process->n_areas; n++) {
			const struct scn_area *area = &process->areas[n];
			int err = ioasim_process_mmap(
				run->system, run->process[i], area->first, area->size,
				area->read_only ? IOASIM_READ : IOASIM_READ | IOASIM_WRITE);

			if (err)
				return fail(failure, "memory of %s at 0x%llx: %s", process->name,
					    (unsigned long long)area->first,
					    scn_errno_name(-err, buffer));
		}
	}
	return true;
}

static bool add_devices(struct scn_run *run, struct scn_failure *failure)
{
	const struct scenario *s = run->scenario;
	char buffer[32];

	for (uint32_t i = 0; i < s->n_devices; i++) {
		struct ioasim_device_config config = s->devices[i].config;

		if (config.parent != IOASIM_NO_DEVICE)
			config.parent = run->device[config.parent];
		if (config.pf != IOASIM_NO_DEVICE)
			config.pf = run->device[config.pf];
		run->device[i] = ioasim_device_add(run->system, &config);
		if (run->device[i] < 0)
			return fail(failure, "device %s: %s", s->devices[i].name,
				    scn_errno_name(-run->device[i], buffer));
		run->driver[i] = (struct scn_driver){run, (int)i};
		if (config.software)
			(void)ioasim_iommufd_on_unmap(run->system, run->device[i], scn_on_unmap,
						      &run->driver[i]);
	}
	return true;
}

static bool make_system(struct scn_run *run, const struct scn_runner *runner,
			struct scn_failure *failure)
{
	const struct scenario *s = run->scenario;
	struct ioasim_system_config config;
	const char *why = NULL;
	char buffer[32];
	int err = ioasim_system_config_init(&config, scn_archs[run->arch_index]);

	if (err)
		return fail(failure, "no architecture %s", scn_archs[run->arch_index]);
	caches_set(&config.unit, (enum caches)runner->caches);
	config.pasid_capacity = s->pasid_capacity ? s->pasid_capacity : config.pasid_capacity;
	config.rid_pool = s->rid_pool ? s->rid_pool : config.rid_pool;
	config.cgroup_limit = s->cgroup_limit;
	config.fd_quota = s->fd_quota;
	err = ioasim_system_create(&config, &run->system, &why);
	if (err)
		return fail(failure, "the machine cannot be built: %s",
			    why ? why : scn_errno_name(-err, buffer));
	ioasim_system_watch(run->system, on_command, run);
	return add_processes(run, failure) && add_devices(run, failure);
}

/* Descriptors of nobody, with room for a number in each process. */
static struct scn_descriptor *make_descriptors(uint32_t count, uint32_t processes)
{
	struct scn_descriptor *d = calloc(count + 1, sizeof(*d));

	for (uint32_t i = 0; d && i < count; i++) {
		d[i].number = malloc(processes * sizeof(int));
		for (uint32_t n = 0; d[i].number && n < processes; n++)
			d[i].number[n] = -1;
		if (!d[i].number) {
			while (i--)
				free(d[i].number);
			free(d);
			return NULL;
		}
	}
	return d;
}

static void free_descriptors(struct scn_descriptor *d, uint32_t count)
{
	for (uint32_t i = 0; d && i < count; i++)
		free(d[i].number);
	free(d);
}

static bool begin(struct scn_run *run, const struct scn_runner *runner, const struct scenario *s,
		  struct scn_failure *failure)
{
	*run = (struct scn_run){.scenario = s, .arch_index = runner->arch};
	run->arch = arch_find(scn_archs[runner->arch]);
	run->core = ioasim_hwid_create();
	run->process = calloc(s->n_processes + 1, sizeof(*run->process));
	run->device = calloc(s->n_devices + 1, sizeof(*run->device));
	run->slot = calloc(s->n_names + 1, sizeof(*run->slot));
	run->notifier = calloc(s->n_names + 1, sizeof(*run->notifier));
	run->table = calloc(s->n_names + 1, sizeof(struct scn_table *));
	run->driver = calloc(s->n_devices + 1, sizeof(*run->driver));
	run->fd = make_descriptors(s->n_names, s->n_processes);
	run->device_fd = make_descriptors(s->n_devices, s->n_processes);
	if (!run->core || !run->process || !run->device || !run->slot || !run->notifier ||
	    !run->table || !run->driver || !run->fd || !run->device_fd)
		return fail(failure, "no memory for the scenario");
	for (uint32_t i = 0; i < s->n_names; i++)
		run->notifier[i] = (struct scn_notifier){.run = run, .name = i};
	return make_system(run, runner, failure);
}

static void end(struct scn_run *run)
{
	ioasim_system_destroy(run->system);
	ioasim_hwid_destroy(run->core);
	for (uint32_t i = 0; run->table && i < run->scenario->n_names; i++)
		scn_table_free(run->table[i]);
	free_descriptors(run->fd, run->scenario->n_names);
	free_descriptors(run->device_fd, run->scenario->n_devices);
	free(run->process);
	free(run->device);
	free(run->slot);
	free(run->notifier);
	free(run->driver);
	free(run->kept);
	free(run->table);
	free(run->heard.commands);
	free(run->heard.events);
	free(run->heard.notes);
	free(run->heard.asked);
}

/* ---- Steps ---------------------------------------------------------------------------------------- */

static void run_verb(struct scn_run *run, const struct scn_step *step, struct scn_done *done)
{
	static void (*const verbs[SCN_VERBS])(struct scn_run *, const struct scn_args *,
					      struct scn_done *) = {
		[SCN_OPEN] = scn_run_open,     [SCN_CLOSE] = scn_run_close,
		[SCN_EXIT] = scn_run_exit,     [SCN_MMIO] = scn_run_mmio,
		[SCN_DRIVER] = scn_run_driver, [SCN_INFO] = scn_run_info,
		[SCN_CPU] = scn_run_cpu,       [SCN_EXTENSION] = scn_run_extension,
		[SCN_QUEUE] = scn_run_queue,   [SCN_GUEST] = scn_run_guest,
		[SCN_DMA] = scn_run_dma,       [SCN_ENQCMD] = scn_run_enqcmd,
		[SCN_RETRY] = scn_run_retry,   [SCN_CORE] = scn_run_core,
		[SCN_IOCTL] = scn_run_ioctl,   [SCN_PIN] = scn_run_pin,
		[SCN_UNPIN] = scn_run_unpin,   [SCN_COPY] = scn_run_copy,
		[SCN_READ] = scn_run_read,     [SCN_WRITE] = scn_run_write,
		[SCN_POLL] = scn_run_poll,     [SCN_LIMIT] = scn_run_limit,
	};

	if (verbs[step->verb])
		verbs[step->verb](run, &step->args, done);
	else
		scn_run_call(run, step, done);
}

static void log_step(struct scn_run *run, const struct scn_step *step, const struct scn_done *done)
{
	struct scn_logged *logged = &run->log[run->logged++ % SCN_LOG];
	const char *verb = scn_verbs[step->verb].name;
	struct text text = text_in(logged->text, sizeof(logged->text));
	struct text result = text_in(logged->result, sizeof(logged->result));
	char buffer[32];

	text_add(&text, "step %u: %s: ", step->number, verb);
	scn_text_node(&text, ytree_get(step->source, verb));
	if (done->trouble[0])
		text_add(&result, "not done");
	else if (done->error)
		text_add(&result, "%s", scn_errno_name(done->error, buffer));
	else if (done->has_dma)
		text_add(&result, "%s",
			 done->dma.outcome == IOASIM_DMA_REACHES ? "reaches"
			 : done->dma.outcome == IOASIM_DMA_PENDING
				 ? "pending"
				 : scn_class_words[done->dma.class]);
	else if (done->has_value)
		text_add(&result, "%llu", (unsigned long long)done->value);
	else
		text_add(&result, "done");
}

static bool run_step(struct scn_run *run, const struct scn_step *step, struct scn_failure *failure)
{
	struct scn_done done = {0};
	bool holds;

	run->heard.n_commands = run->heard.n_events = run->heard.n_notes = 0;
	run->heard.n_asked = 0;
	run_verb(run, step, &done);
	read_events(run);
	log_step(run, step, &done);
	if (run->heard.lost)
		holds = fail(failure, "no memory to note what was heard");
	else
		holds = scn_judge(run, step, &done, failure);
	scn_reached_free(&done.reached);
	if (holds)
		return true;
	if (!failure->line) {
		failure->line = step->source->line;
		failure->column = step->source->column;
	}
	failure->step = step->number;
	scn_explain(run, failure);
	return false;
}

bool scn_run(const struct scn_runner *runner, const struct scenario *scenario,
	     struct scn_failure *failure)
{
	struct scn_run run;
	bool holds;

	*failure = (struct scn_failure){0};
	holds = begin(&run, runner, scenario, failure);
	if (!holds) {
		failure->line = scenario->line;
		failure->column = 1;
	}
	for (uint32_t i = 0; holds && i < scenario->n_steps; i++) {
		struct text doing = text_in(failure->doing, sizeof(failure->doing));

		scn_text_node(&doing, scenario->steps[i].source);
		holds = run_step(&run, &scenario->steps[i], failure);
	}
	end(&run);
	return holds;
}
