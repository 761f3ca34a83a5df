#include <linux/rcupdate.h>
#include <linux/slab.h>

void replace_route(struct route *next)
{
	struct route *old = rcu_replace_pointer(current_route, next, true);

	synchronize_rcu();
	kfree(old);
}
