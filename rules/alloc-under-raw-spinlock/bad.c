#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_RAW_SPINLOCK(queue_lock);

int enqueue(struct list_head *queue)
{
	struct entry *entry;

	raw_spin_lock(&queue_lock);
	entry = kmalloc(sizeof(*entry), GFP_ATOMIC); /* want alloc-under-raw-spinlock */
	if (entry)
		list_add(&entry->node, queue);
	raw_spin_unlock(&queue_lock);
	return entry ? 0 : -ENOMEM;
}
