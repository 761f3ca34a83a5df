#include <linux/rcupdate.h>
#include <linux/slab.h>

void replace_route(struct route *next)
{
	struct route *old;

	rcu_read_lock();
	old = rcu_dereference(current_route);
	rcu_assign_pointer(current_route, next);
	synchronize_rcu(); /* want rcu-wait-in-reader */
	rcu_read_unlock();
	kfree(old);
}
