#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

static DEFINE_RAW_SPINLOCK(ring_lock);
static DEFINE_MUTEX(setup_mutex);

static struct page *spare_page(gfp_t gfp)
{
	return alloc_page(gfp); /* want gfp-rt-nowait-preemptible */
}

/* Two pages come from the buddy lists, under zone->lock; flags make an ordinary mask of it. */
void refill_ring(struct ring *r)
{
	raw_spin_lock(&ring_lock);
	r->pair = alloc_pages(GFP_RT_NOWAIT, 1); /* want alloc-under-raw-spinlock gfp-rt-nowait-preemptible */
	r->zeroed = alloc_page(GFP_RT_NOWAIT | __GFP_ZERO); /* want alloc-under-raw-spinlock gfp-rt-nowait-preemptible */
	raw_spin_unlock(&ring_lock);
}

/* Who holds a mutex can be preempted. */
void set_up_ring(struct ring *r)
{
	mutex_lock(&setup_mutex);
	r->spare = spare_page(GFP_RT_NOWAIT);
	mutex_unlock(&setup_mutex);
}
