#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_RAW_SPINLOCK(queue_lock);

void dequeue(struct entry *entry)
{
	raw_spin_lock(&queue_lock);
	list_del(&entry->node);
	raw_spin_unlock(&queue_lock);
	kfree(entry);
}

void dequeue_soon(struct entry *entry)
{
	raw_spin_lock(&queue_lock);
	list_del_rcu(&entry->node);
	kfree_rcu(entry, rcu);
	raw_spin_unlock(&queue_lock);
}
