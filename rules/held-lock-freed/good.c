#include <linux/mutex.h>
#include <linux/slab.h>

struct session {
	struct mutex lock;
	struct session *parent;
	struct list_head list;
	void *buffer;
	int users;
};

void session_close(struct session *s)
{
	mutex_lock(&s->lock);
	list_del(&s->list);
	kfree(s->buffer);
	mutex_unlock(&s->lock);
	kfree(s);
}

/* The lock that is held is another object's. */
void session_drop(struct session *s)
{
	mutex_lock(&s->parent->lock);
	list_del(&s->list);
	kfree(s);
	mutex_unlock(&s->parent->lock);
}
