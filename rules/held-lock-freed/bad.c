#include <linux/mutex.h>
#include <linux/slab.h>

struct session {
	struct mutex lock;
	spinlock_t queue_lock;
	struct list_head list;
	int users;
};

static void session_free(struct session *s)
{
	kfree(s); /* want held-lock-freed */
}

void session_close(struct session *s)
{
	mutex_lock(&s->lock);
	list_del(&s->list);
	session_free(s);
	mutex_unlock(&s->lock);
}

void session_put(struct session *s)
{
	spin_lock(&s->queue_lock);
	if (--s->users == 0) {
		kfree(s); /* want held-lock-freed */
		return;
	}
	spin_unlock(&s->queue_lock);
}
