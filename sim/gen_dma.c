/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_dma.h"

#include "model/driver.h"

#include <errno.h>

static void flush_clean(void *opaque)
{
	gen_flush_destroy(opaque);
}

void gen_dma_start(struct gen_dma_api *api, struct gen *gen, const struct gen_dma_config *config)
{
	*api = (struct gen_dma_api){.gen = gen, .rid = config->rid};
	api->iova = gen_iova_make(gen, &(struct gen_iova_config){
					       .cpus = config->cpus,
					       .address_bits = config->address_bits,
					       .no_caches = config->no_caches,
				       });
	if (!api->iova)
		return;
	if (config->lazy) {
		api->flush = gen_flush_create(api->iova, config->cpus);
		if (!api->flush) {
			gen->failed = -ENOMEM;
			return;
		}
		gen_at_end(gen, flush_clean, api->flush);
	}
	gen_device(gen, &(struct gen_device){.rid = config->rid});
	api->domain = gen_domain(gen, DOMAIN_KERNEL, 0);
	gen_attach(gen, config->rid, GEN_NO_PASID, api->domain);
}

static uint64_t whole_pages(uint64_t bytes)
{
	return (bytes + GEN_PAGE - 1) & ~(GEN_PAGE - 1);
}

static void tick(struct gen_dma_api *api)
{
	uint64_t now_ns = api->gen->now_ps / GEN_PS_NS;

	if (api->flush)
		gen_flush_tick(api->flush, now_ns);
	gen_iova_tick(api->iova, now_ns);
}

uint64_t gen_dma_range(struct gen_dma_api *api, unsigned cpu, uint64_t bytes)
{
	uint64_t iova = 0;
	int status;

	tick(api);
	status = gen_iova_get(api->iova, cpu, whole_pages(bytes) / GEN_PAGE, &iova);
	if (status)
		api->gen->failed = status;
	return iova;
}

void gen_dma_range_put(struct gen_dma_api *api, unsigned cpu, uint64_t iova, uint64_t bytes)
{
	uint64_t length = whole_pages(bytes);

	tick(api);
	gen_unmap(api->gen, api->domain, iova, length);
	if (api->flush)
		gen_flush_put(api->flush, cpu, iova, length / GEN_PAGE);
	else
		gen_iova_put(api->iova, cpu, iova, length / GEN_PAGE);
}

struct gen_buffer gen_dma_map(struct gen_dma_api *api, unsigned cpu, uint64_t bytes,
			      unsigned access)
{
	struct gen_buffer buffer = {
		.iova = gen_dma_range(api, cpu, bytes),
		.pa = gen_frame(api->gen, gen_frame_order(bytes)),
		.bytes = whole_pages(bytes),
	};

	if (!api->gen->failed)
		gen_map(api->gen, &(struct gen_map){
					  .domain = api->domain,
					  .access = access,
					  .iova = buffer.iova,
					  .pa = buffer.pa,
					  .length = buffer.bytes,
				  });
	return buffer;
}

void gen_dma_unmap(struct gen_dma_api *api, unsigned cpu, const struct gen_buffer *buffer)
{
	gen_dma_range_put(api, cpu, buffer->iova, buffer->bytes);
	gen_frame_put(api->gen, gen_frame_order(buffer->bytes), buffer->pa);
}

struct gen_buffer gen_dma_coherent(struct gen_dma_api *api, uint64_t bytes)
{
	return gen_dma_map(api, 0, bytes, IOASIM_READ | IOASIM_WRITE);
}

void gen_dma_access(struct gen_dma_api *api, const struct gen_buffer *buffer, uint64_t offset,
		    uint64_t length, unsigned access)
{
	gen_dma(api->gen, &(struct gen_dma){
				  .rid = api->rid,
				  .pasid = GEN_NO_PASID,
				  .iova = buffer->iova + offset,
				  .pa = buffer->pa + offset,
				  .length = length,
				  .access = access,
			  });
}

void gen_dma_ring(struct gen_dma_api *api, const struct gen_buffer *ring,
		  const struct gen_ring_part *part, unsigned access)
{
	uint64_t first = part->first % part->entries, count = part->count;

	if (count > part->entries)
		count = part->entries;
	while (count) {
		uint64_t run = part->entries - first < count ? part->entries - first : count;

		gen_dma_access(api, ring, first * part->entry, run * part->entry, access);
		count -= run;
		first = 0;
	}
}
