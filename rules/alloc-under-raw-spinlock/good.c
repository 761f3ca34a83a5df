#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_RAW_SPINLOCK(queue_lock);

int enqueue(struct list_head *queue)
{
	struct entry *entry = kmalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	raw_spin_lock(&queue_lock);
	list_add(&entry->node, queue);
	raw_spin_unlock(&queue_lock);
	return 0;
}
