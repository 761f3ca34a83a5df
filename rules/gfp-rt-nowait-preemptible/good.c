#include <linux/gfp.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(setup_mutex);

/* Whether callers can be preempted is theirs to know. */
static struct page *spare_page(gfp_t gfp)
{
	return alloc_page(gfp);
}

void refill_ring(struct ring *r)
{
	unsigned long flags;

	local_irq_save(flags);
	advance(r);
	local_irq_restore(flags);
	r->spare = spare_page(GFP_NOWAIT | __GFP_NOWARN);
}

void set_up_ring(struct ring *r)
{
	mutex_lock(&setup_mutex);
	r->spare = spare_page(GFP_KERNEL);
	r->pair = alloc_pages(GFP_KERNEL | __GFP_ZERO, 1);
	mutex_unlock(&setup_mutex);
}
